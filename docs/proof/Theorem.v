(** The theorem of docs/semantics.md, and what follows from it. *)
From Sessionize Require Export Keys Rules.

(** The accepted events of a history without a finalize. *)
Definition taken_in (commands : list command) : list event := fst (stretches (moves commands)).

(** All events that were given to a history, late or not. *)
Definition given (commands : list command) : list event :=
  flat_map (fun what => match what with Run batch _ => batch | _ => [] end) commands.

(** No event of a history is late (rule 2). *)
Fixpoint none_late (c : clock) (commands : list command) : Prop :=
  match commands with
  | [] => True
  | what :: rest =>
      (match what with Run batch _ => on_time (reached c) batch | _ => True end) /\ none_late (fst (tick c what)) rest
  end.

(** No finalize but the last one cuts; [finalize --as-of] may be there. *)
Definition uncut (commands : list command) : Prop := Forall (fun what => what <> Finalize) commands.

Lemma uncut_ticks commands : forall c, uncut commands ->
  snd (stretches (snd (ticks c commands))) = [].
Proof.
  induction commands as [|what rest IH]; intros c U; [reflexivity|].
  inversion U as [|? ? N U']; subst. simpl. destruct (tick c what) as [c' m] eqn:E.
  specialize (IH c' U'). destruct (ticks c' rest) as [c'' ms].
  destruct what; [|contradiction|]; injection E as <- <-; simpl in *; exact IH.
Qed.

(** Without a finalize there is one stretch: all accepted events. *)
Lemma uncut_is_one_stretch commands : uncut commands -> all_stretches commands = [taken_in commands].
Proof. intros U. unfold all_stretches, taken_in, moves. now rewrite uncut_ticks. Qed.

Lemma accepted_all w batch : on_time w batch -> accepted w batch = batch.
Proof. induction 1 as [|e l E _ IH]; simpl; [reflexivity|]. rewrite E. simpl. now f_equal. Qed.

(** Where nothing is late, the accepted events are all events, in the order of their arrival. *)
Lemma none_late_takes_all commands : forall c, none_late c commands ->
  concat (fst (stretches (snd (ticks c commands))) :: snd (stretches (snd (ticks c commands)))) = given commands.
Proof.
  induction commands as [|what rest IH]; intros c N; [reflexivity|]. destruct N as [O N].
  specialize (IH _ N). simpl. destruct (tick c what) as [c' m] eqn:E. simpl in *.
  destruct (ticks c' rest) as [c'' ms]. simpl in *.
  destruct what as [batch a| |t]; injection E as _ <-; simpl; rewrite <- IH; auto.
  now rewrite (accepted_all _ _ O), app_assoc.
Qed.

(** ** The theorem *)

(** However events are cut into batches, whatever the latenesses and stated watermarks, late events and finalizes among them: after a
    last finalize, the sessions that were written of a key are the gap partition of its accepted events, of each stretch between
    finalizes by itself. *)
Theorem the_theorem G k commands :
  sessions_of_key (gap_fold G) k (emitted (by_key (gap_fold G)) (commands ++ [Finalize])) =
  flat_map (fun stretch => map span_of (gap_partition G (in_order (of_key k stretch)))) (all_stretches commands).
Proof.
  destruct (gap_fold_lawful G) as [C N]. rewrite (emitted_of_key _ N k commands C).
  generalize (all_stretches commands). intros ss. apply flat_map_ext. intros s. apply gap_sessions_are_the_partition.
Qed.

(** Where nothing is late and no finalize came before: the gap partition of all events. *)
Theorem with_nothing_late G k commands :
  uncut commands -> none_late beginning commands ->
  sessions_of_key (gap_fold G) k (emitted (by_key (gap_fold G)) (commands ++ [Finalize])) =
  map span_of (gap_partition G (in_order (of_key k (given commands)))).
Proof.
  intros U N. rewrite the_theorem, (uncut_is_one_stretch _ U). simpl. rewrite app_nil_r.
  pose proof (none_late_takes_all commands beginning N) as A.
  rewrite (uncut_ticks _ _ U) in A. simpl in A. rewrite app_nil_r in A. unfold taken_in, moves. now rewrite A.
Qed.

(** With any rules, the sessions are those of one fold over all accepted events in the order (t, seq). *)
Theorem the_theorem_for_any_fold F k commands : lawful_fold F ->
  sessions_of_key F k (emitted (by_key F) (commands ++ [Finalize])) =
  flat_map (fun stretch => sessions F (of_key k stretch)) (all_stretches commands).
Proof. intros [C N]. now apply emitted_of_key. Qed.

Corollary the_theorem_under_rules R k commands :
  sessions_of_key (ruled_fold R) k (emitted (by_key (ruled_fold R)) (commands ++ [Finalize])) =
  flat_map (fun stretch => sessions (ruled_fold R) (of_key k stretch)) (all_stretches commands).
Proof. apply the_theorem_for_any_fold, ruled_fold_lawful. Qed.

(** ** Any cut, any order *)

Lemma flat_map_same {A B} (same : A -> A -> Prop) (f : A -> list B) l m :
  (forall a b, same a b -> f a = f b) -> Forall2 same l m -> flat_map f l = flat_map f m.
Proof. intros H. induction 1; simpl; [reflexivity|]. f_equal; auto. Qed.

(** Two histories that accept the same events between finalizes write the same sessions: the gap does not look at the order at all. *)
Theorem any_cut_any_order G k one other :
  Forall2 (@Permutation event) (all_stretches one) (all_stretches other) ->
  sessions_of_key (gap_fold G) k (emitted (by_key (gap_fold G)) (one ++ [Finalize])) =
  sessions_of_key (gap_fold G) k (emitted (by_key (gap_fold G)) (other ++ [Finalize])).
Proof.
  intros P. rewrite !the_theorem_for_any_fold by apply gap_fold_lawful.
  apply (flat_map_same (@Permutation event)); [|exact P].
  intros a b Q. apply gap_sessions_of_a_set. now apply filter_permutation.
Qed.

(** A fold that looks at more sees the order of arrival only between events of a key at one instant. *)
Theorem any_cut_same_ties F k one other : lawful_fold F ->
  Forall2 (fun a b => same_ties (of_key k a) (of_key k b)) (all_stretches one) (all_stretches other) ->
  sessions_of_key F k (emitted (by_key F) (one ++ [Finalize])) =
  sessions_of_key F k (emitted (by_key F) (other ++ [Finalize])).
Proof.
  intros L T. rewrite !the_theorem_for_any_fold by exact L.
  apply (flat_map_same _ _ _ _ (fun a b Q => f_equal _ (order_decides_only_ties _ _ Q)) T).
Qed.

(** So if a key has no two events at one instant, any order will do for any fold. *)
Theorem any_cut_distinct_times F k one other : lawful_fold F ->
  Forall2 (fun a b => NoDup (map time (of_key k a)) /\ Permutation a b) (all_stretches one) (all_stretches other) ->
  sessions_of_key F k (emitted (by_key F) (one ++ [Finalize])) =
  sessions_of_key F k (emitted (by_key F) (other ++ [Finalize])).
Proof.
  intros L T. apply any_cut_same_ties; [exact L|]. induction T as [|a b l m [D P] _ IH]; constructor; [|exact IH].
  apply distinct_times_have_no_ties; [exact D|]. now apply filter_permutation.
Qed.

(** ** A completed session is never touched again *)

Section NeverTouched.
Context (G : Z).

(** How far all events of a fold have come. *)
Definition within (b : option Z) (t : Z) : Prop := match b with Some u => t <= u | None => False end.
Definition all_within (b : option Z) (l : list event) : Prop := Forall (fun e => within b (time e)) l.
Definition open_within (b : option Z) (o : option span) : Prop :=
  match o with Some s => within b (last_at s) | None => True end.

(** Nothing at or after the watermark [w] joins the session; or at least, nothing lies before its end. *)
Definition out_of_reach (w : watermark) (s : span) : Prop := forall t, is_late w t = false -> joins G (last_at s) t = false.
Definition ended_before (w : watermark) (s : span) : Prop := forall t, is_late w t = false -> last_at s < t.

Lemma out_of_reach_later v w s : at_most v w -> out_of_reach v s -> out_of_reach w s.
Proof. intros L H t T. apply H. now apply late_before with w. Qed.

Lemma ended_before_later v w s : at_most v w -> ended_before v s -> ended_before w s.
Proof. intros L H t T. apply H. now apply late_before with w. Qed.

Lemma out_of_reach_of_passed v s : is_passed G (last_at s) v = true -> out_of_reach (Some v) s.
Proof. intros P t T. apply passed_for_good with v; [exact P|]. simpl in T. now apply Z.ltb_ge. Qed.

(** What the fold tells while it folds what [w] has reached, [w] has passed. *)
Lemma steps_tell_passed v l : forall o, until v l ->
  Forall (out_of_reach (Some v)) (snd (@steps (gap_fold G) o l)).
Proof.
  induction l as [|e l IH]; intros o U; [constructor|]. inversion U as [|? ? Ue Ul]; subst.
  simpl. unfold gap_step. destruct o as [s|]; [destruct (joins G (last_at s) (time e)) eqn:J|].
  - specialize (IH (Some (extend s (time e))) Ul). now destruct (@steps (gap_fold G) _ l).
  - specialize (IH (Some (begin (time e))) Ul). destruct (@steps (gap_fold G) _ l). simpl in *. constructor; [|exact IH].
    apply out_of_reach_of_passed. unfold joins in J. apply Z.leb_gt in J. apply Z.ltb_lt. lia.
  - specialize (IH (Some (begin (time e))) Ul). now destruct (@steps (gap_fold G) _ l).
Qed.

Lemma batch_tells_passed (p : part (gap_fold G)) l v : Forall (out_of_reach v) (snd (play_move p (Batch l v))).
Proof.
  simpl. set (all := in_order (tail p ++ l)). destruct v as [v|].
  - pose proof (steps_tell_passed v (ready (Some v) all) (open p)) as T.
    destruct (@steps (gap_fold G) (open p) (ready (Some v) all)) as [o told]. simpl in T.
    assert (Forall (out_of_reach (Some v)) told) as T'.
    { apply T, Forall_forall. intros e I. apply filter_In in I as [_ I]. now apply Z.leb_le. }
    simpl. destruct o as [s|]; simpl; [|now rewrite app_nil_r].
    destruct (is_passed G (last_at s) v) eqn:P; simpl; [|now rewrite app_nil_r].
    apply Forall_app. split; [exact T'|]. constructor; [now apply out_of_reach_of_passed|constructor].
  - assert (ready None all = []) as -> by (unfold ready; simpl; generalize all; clear; now induction all).
    constructor.
Qed.

(** Where the moves leave the watermark. *)
Fixpoint watermark_after (w : watermark) (ms : list move) : watermark :=
  match ms with
  | [] => w
  | Batch _ v :: rest | Cut v :: rest => watermark_after v rest
  end.

Lemma watermark_after_ticks commands : forall c,
  watermark_after (reached c) (snd (ticks c commands)) = reached (fst (ticks c commands)).
Proof.
  induction commands as [|what rest IH]; intros c; [reflexivity|]. simpl.
  destruct (tick c what) as [c' m] eqn:E. specialize (IH c'). destruct (ticks c' rest) as [c'' ms].
  destruct what; injection E as <- <-; simpl in *; exact IH.
Qed.

Lemma watermark_after_later w ms : lawful w ms -> at_most w (watermark_after w ms).
Proof.
  induction 1 as [w|w l v rest O L _ IH|w v rest L _ IH]; simpl; [apply at_most_refl| |]; now apply at_most_trans with v.
Qed.

Definition no_cut (ms : list move) : Prop := Forall (fun m => match m with Cut _ => False | _ => True end) ms.

Lemma play_tells_passed ms : forall w (p : part (gap_fold G)), lawful w ms -> no_cut ms ->
  Forall (out_of_reach (watermark_after w ms)) (snd (play p ms)).
Proof.
  induction ms as [|m ms IH]; intros w p L U; [constructor|]. inversion U as [|? ? N U']; subst.
  destruct m as [l v|v]; [|contradiction]. inversion L; subst. cbn [play watermark_after].
  pose proof (batch_tells_passed p l v) as T. destruct (play_move p (Batch l v)) as [p' told].
  specialize (IH v p'). destruct (play p' ms). simpl in *. apply Forall_app. split; [|auto].
  eapply Forall_impl; [|exact T]. intros s. apply out_of_reach_later. now apply watermark_after_later.
Qed.

Lemma uncut_no_cut commands : forall c, uncut commands -> no_cut (snd (ticks c commands)).
Proof.
  induction commands as [|what rest IH]; intros c U; [constructor|]. inversion U as [|? ? N U']; subst. simpl.
  destruct (tick c what) as [c' m] eqn:E. specialize (IH c' U'). destruct (ticks c' rest) as [c'' ms].
  constructor; [|exact IH]. destruct what; [|contradiction|]; injection E as _ <-; exact I.
Qed.

(** What one key sees of a history. *)
Lemma emitted_seen_by_key commands k :
  sessions_of_key (gap_fold G) k (emitted (by_key (gap_fold G)) commands) =
  snd (play (part_of_key (gap_fold G) k (empty_part _)) (map (move_of_key k) (moves commands))).
Proof. apply (play_of_key (gap_fold G) (proj2 (gap_fold_lawful G)) k (moves commands) (empty_part _)). constructor. Qed.

Lemma watermark_of_key commands k :
  watermark_after None (map (move_of_key k) (moves commands)) = reached (fst (ticks beginning commands)).
Proof.
  rewrite <- watermark_after_ticks. fold (moves commands). simpl. generalize (moves commands). clear.
  enough (forall ms w, watermark_after w (map (move_of_key k) ms) = watermark_after w ms) by auto.
  induction ms as [|[l v|v] ms IH]; intros w; simpl; auto.
Qed.

(** No event that is accepted after a session was written could belong to it (rule 6): before any finalize ... *)
Theorem a_completed_session_is_never_touched commands k s e :
  uncut commands ->
  In s (sessions_of_key (gap_fold G) k (emitted (by_key (gap_fold G)) commands)) ->
  is_late (reached (fst (ticks beginning commands))) (time e) = false ->
  joins G (last_at s) (time e) = false.
Proof.
  intros U I. rewrite emitted_seen_by_key in I.
  assert (no_cut (map (move_of_key k) (moves commands))) as N.
  { pose proof (uncut_no_cut commands beginning U) as N. fold (moves commands) in N. revert N. clear.
    induction 1 as [|m ms H _ IH]; constructor; [now destruct m|exact IH]. }
  pose proof (play_tells_passed _ None (part_of_key (gap_fold G) k (empty_part _))
                (of_key_lawful k _ _ (moves_lawful commands)) N) as T.
  rewrite watermark_of_key in T. rewrite Forall_forall in T. exact (T s I (time e)).
Qed.

(** ** ... and behind a finalize, which may cut closer than the gap, none lies before its end. *)

Context (gap_not_negative : 0 <= G).

(** Each finalize moves the watermark behind all that was accepted (rule 7). *)
Fixpoint cuts_behind (b : option Z) (ms : list move) : Prop :=
  match ms with
  | [] => True
  | Batch l _ :: rest => cuts_behind (latest_of b l) rest
  | Cut w :: rest => (forall t u, within b t -> is_late w u = false -> t < u) /\ cuts_behind b rest
  end.

Lemma latest_of_cons b e l : latest_of b (e :: l) = latest_of (later b (Some (time e))) l.
Proof. reflexivity. Qed.

Lemma within_later b c t : within b t -> within (later b c) t.
Proof. destruct b as [b|]; simpl; [|tauto]. destruct c; simpl; lia. Qed.

Lemma within_latest l : forall b t, within b t -> within (latest_of b l) t.
Proof. induction l as [|e l IH]; intros b t W; [exact W|]. rewrite latest_of_cons. apply IH. now apply within_later. Qed.

Lemma all_within_latest l : forall b, all_within (latest_of b l) l.
Proof.
  induction l as [|e l IH]; intros b; constructor; rewrite latest_of_cons; [|apply IH].
  apply within_latest. destruct b; simpl; lia.
Qed.

Lemma ticks_cut_behind commands : forall c, cuts_behind (latest c) (snd (ticks c commands)).
Proof.
  induction commands as [|what rest IH]; intros c; [exact I|]. simpl.
  destruct (tick c what) as [c' m] eqn:E. specialize (IH c'). destruct (ticks c' rest) as [c'' ms].
  destruct what; injection E as <- <-; simpl in *; auto. split; [|exact IH].
  intros t u. destruct (latest c) as [b|]; simpl; [|tauto].
  destruct (reached c) as [w|]; simpl; rewrite Z.ltb_ge; lia.
Qed.

Lemma steps_within b l : forall o, open_within b o -> all_within b l ->
  open_within b (fst (@steps (gap_fold G) o l)) /\
  Forall (fun s => within b (last_at s)) (snd (@steps (gap_fold G) o l)).
Proof.
  induction l as [|e l IH]; intros o O A; [split; [exact O|constructor]|]. inversion A as [|? ? Ae Al]; subst. simpl. unfold gap_step.
  destruct o as [s|]; [destruct (joins G (last_at s) (time e))|].
  - destruct (IH (Some (extend s (time e))) Ae Al). destruct (@steps (gap_fold G) _ l). now split.
  - destruct (IH (Some (begin (time e))) Ae Al). destruct (@steps (gap_fold G) _ l). simpl in *. split; [assumption|].
    now constructor.
  - destruct (IH (Some (begin (time e))) Ae Al). destruct (@steps (gap_fold G) _ l). now split.
Qed.

Lemma finish_within b o : open_within b o -> Forall (fun s => within b (last_at s)) (gap_finish o).
Proof. destruct o as [s|]; intros W; constructor; [exact W|constructor]. Qed.

Lemma all_within_part b (p : part (gap_fold G)) l v :
  open_within b (open p) -> all_within b (tail p) ->
  open_within (latest_of b l) (open (fst (play_move p (Batch l v)))) /\
  all_within (latest_of b l) (tail (fst (play_move p (Batch l v)))).
Proof.
  intros O A. simpl. set (all := in_order (tail p ++ l)).
  assert (all_within (latest_of b l) all) as A'.
  { unfold all_within, all. rewrite <- in_order_permutation. apply Forall_app.
    split; [|apply all_within_latest]. eapply Forall_impl; [|exact A]. intros e. apply within_latest. }
  assert (forall keep, all_within (latest_of b l) (filter keep all)) as K.
  { intros keep. apply Forall_forall. intros e I. apply filter_In in I as [I _].
    unfold all_within in A'. rewrite Forall_forall in A'. auto. }
  assert (open_within (latest_of b l) (open p)) as O'.
  { destruct (open p); simpl in *; [|exact I]. now apply within_latest. }
  destruct (steps_within _ (ready v all) (open p) O' (K _)) as [S _].
  destruct (@steps (gap_fold G) (open p) (ready v all)) as [o told]. simpl in S.
  assert (open_within (latest_of b l) (fst (@pass_at (gap_fold G) v o))) as P.
  { destruct v as [v|]; simpl; [|exact S]. destruct o as [s|]; simpl; [|exact I].
    now destruct (is_passed G (last_at s) v). }
  destruct (@pass_at (gap_fold G) v o). simpl in *. split; [exact P|apply K].
Qed.

Lemma ended_of_out_of_reach w s : out_of_reach w s -> ended_before w s.
Proof. intros H t T. specialize (H t T). unfold joins in H. apply Z.leb_gt in H. lia. Qed.

Lemma play_tells_ended ms : forall w b (p : part (gap_fold G)),
  lawful w ms -> cuts_behind b ms -> open_within b (open p) -> all_within b (tail p) ->
  Forall (ended_before (watermark_after w ms)) (snd (play p ms)).
Proof.
  induction ms as [|[l v|v] ms IH]; intros w b p L C O A; [constructor| |]; inversion L; subst; cbn [play watermark_after].
  - pose proof (batch_tells_passed p l v) as T. destruct (all_within_part b p l v O A) as [O' A'].
    destruct (play_move p (Batch l v)) as [p' told]. simpl in *. specialize (IH v _ p' ltac:(assumption) C O' A').
    destruct (play p' ms). simpl in *. apply Forall_app. split; [|exact IH].
    eapply Forall_impl; [|exact T]. intros s H. apply ended_before_later with v; [now apply watermark_after_later|].
    now apply ended_of_out_of_reach.
  - destruct C as [C C']. cbn [play_move].
    assert (Forall (ended_before v) (@tells (gap_fold G) (open p) (tail p))) as T.
    { destruct (steps_within b (tail p) (open p) O A) as [S T]. unfold tells.
      assert (Forall (fun s => within b (last_at s)) (snd (@steps (gap_fold G) (open p) (tail p)) ++
                finish (gap_fold G) (fst (@steps (gap_fold G) (open p) (tail p))))) as B.
      { apply Forall_app. split; [exact T|exact (finish_within b _ S)]. }
      eapply Forall_impl; [|exact B]. intros s H t K. now apply C. }
    specialize (IH v b (empty_part (gap_fold G)) ltac:(assumption) C' I (Forall_nil _)).
    destruct (play (empty_part (gap_fold G)) ms). simpl in *. apply Forall_app. split; [|exact IH].
    eapply Forall_impl; [|exact T]. intros s. apply ended_before_later. now apply watermark_after_later.
Qed.

(** A key sees less than the clock. *)
Lemma latest_of_key k l : forall b c, at_most b c -> at_most (latest_of b (of_key k l)) (latest_of c l).
Proof.
  induction l as [|e l IH]; intros b c L; [exact L|].
  rewrite latest_of_cons. unfold of_key. cbn [filter]. fold (of_key k l).
  destruct (key_eq_dec (key e) k); [rewrite latest_of_cons|]; apply IH.
  - destruct b, c; simpl in *; try contradiction; lia.
  - now apply at_most_trans with c; [|apply at_most_later].
Qed.

Lemma cuts_behind_of_key k ms : forall b c, at_most b c -> cuts_behind c ms -> cuts_behind b (map (move_of_key k) ms).
Proof.
  induction ms as [|[l w|w] ms IH]; intros b c L C; simpl in *; [exact I| |].
  - now apply IH with (latest_of c l); [apply latest_of_key|].
  - destruct C as [C C']. split; [|now apply IH with c]. intros t u W. apply C.
    destruct b, c; simpl in *; try contradiction; lia.
Qed.

(** Whatever was done: no event that is accepted from now on lies at or before the end of a session that was written. *)
Theorem no_event_comes_before_the_end_of_a_completed_session commands k s e :
  In s (sessions_of_key (gap_fold G) k (emitted (by_key (gap_fold G)) commands)) ->
  is_late (reached (fst (ticks beginning commands))) (time e) = false ->
  last_at s < time e.
Proof.
  intros I. rewrite emitted_seen_by_key in I.
  pose proof (cuts_behind_of_key k (moves commands) None None Logic.I (ticks_cut_behind commands beginning)) as C.
  pose proof (play_tells_ended _ None None (part_of_key (gap_fold G) k (empty_part _))
                (of_key_lawful k _ _ (moves_lawful commands)) C Logic.I (Forall_nil _)) as T.
  rewrite watermark_of_key in T. rewrite Forall_forall in T. exact (T s I (time e)).
Qed.
End NeverTouched.
