(** Rules 4 to 7: what a run and a finalize do to the open state, and what they write. *)
From Sessionize Require Export Folds.

Section OneFold.
Context (F : fold).

(** What the checkpoint keeps: the open state, and the tail of events that wait for the watermark. *)
Record part := Part { open : state F; tail : list event }.

Definition empty_part := Part (start F) [].

(** A batch: fold what the watermark has reached (rule 4), close what it has passed (rule 6), keep the rest.
    A finalize: fold every tail, close everything (rule 7). *)
Definition play_move (p : part) (m : move) : part * list (session F) :=
  match m with
  | Batch l w =>
      let all := in_order (tail p ++ l) in
      let (folded, told) := steps (open p) (ready w all) in
      let (s, closed) := pass_at w folded in
      (Part s (waiting w all), told ++ closed)
  | Cut _ => (empty_part, tells (open p) (tail p))
  end.

Fixpoint play (p : part) (ms : list move) : part * list (session F) :=
  match ms with
  | [] => (p, [])
  | m :: rest =>
      let (p', told) := play_move p m in
      let (p'', more) := play p' rest in
      (p'', told ++ more)
  end.

(** All sessions that a history of commands has written, from an empty checkpoint on. *)
Definition emitted (commands : list command) : list (session F) := snd (play empty_part (moves commands)).

(** The accepted events up to the first finalize, and those of each later stretch between finalizes. *)
Fixpoint stretches (ms : list move) : list event * list (list event) :=
  match ms with
  | [] => ([], [])
  | Batch l _ :: rest => (l ++ fst (stretches rest), snd (stretches rest))
  | Cut _ :: rest => ([], fst (stretches rest) :: snd (stretches rest))
  end.

Definition all_stretches (commands : list command) : list (list event) :=
  fst (stretches (moves commands)) :: snd (stretches (moves commands)).

(** ** The proof *)

(** What comes before the next finalize is not late. *)
Lemma stretch_on_time w ms : lawful w ms -> on_time w (fst (stretches ms)).
Proof.
  induction 1 as [w|w l v rest O L _ IH|w v rest L _ IH]; simpl; try constructor.
  apply Forall_app. split; [exact O|now apply on_time_before with v].
Qed.

(** Between two commands: the open state has come as far as the watermark at most, the tail lies in order and behind it. *)
Definition between_commands (w : watermark) (p : part) : Prop :=
  (exists t, reachable t (open p) /\ at_most t w) /\ sorted (tail p) /\ on_time w (tail p).

Lemma filter_sorted keep l : sorted l -> sorted (filter keep l).
Proof. intros S. rewrite <- (in_order_of_sorted l S), filter_in_order. apply in_order_sorted. Qed.

(** A batch tells the first sessions of the fold of everything that is held or still to come, and leaves a state that tells the others. *)
Lemma batch_tells_a_beginning p l v w coming :
  closing_commutes F -> between_commands w p -> on_time w l -> at_most w v -> on_time v coming ->
  between_commands v (fst (play_move p (Batch l v))) /\
  tells (open p) (in_order (tail p ++ l ++ coming)) =
  snd (play_move p (Batch l v)) ++
  tells (open (fst (play_move p (Batch l v)))) (in_order (tail (fst (play_move p (Batch l v))) ++ coming)).
Proof.
  intros C ((t & R & T) & S & O) Ol L Oc. simpl.
  rewrite app_assoc, (in_order_split v (tail p ++ l) coming) by exact Oc. rewrite tells_app.
  unfold ready, waiting. rewrite !filter_in_order.
  fold (ready v (tail p ++ l)). fold (waiting v (tail p ++ l)).
  set (now := in_order (ready v (tail p ++ l))). set (rest := waiting v (tail p ++ l)).
  assert (on_time t now) as On.
  { apply on_time_permutation with (ready v (tail p ++ l)); [apply in_order_permutation|].
    apply Forall_forall. intros e I. apply filter_In in I as [I _].
    apply late_before with w; [exact T|]. unfold on_time in O, Ol. rewrite Forall_forall in O, Ol.
    apply in_app_or in I as [I|I]; auto. }
  assert (on_time v rest) as Or by apply waiting_on_time.
  assert (sorted (in_order rest)) as Sr by apply in_order_sorted.
  destruct v as [v|]; simpl.
  - assert (until v now) as U.
    { apply Forall_forall. intros e I.
      apply (Permutation_in _ (Permutation_sym (in_order_permutation _))) in I.
      apply filter_In in I as [_ I]. now apply Z.leb_le. }
    assert (at_most t (Some v)) as Tv by now apply at_most_trans with w.
    destruct (reachable_steps F v now t (open p) R Tv (in_order_sorted _) On U) as (t' & R' & T').
    destruct (steps (open p) now) as [folded told]. simpl in R'.
    pose proof (reachable_pass F t' folded v R' T') as Rp.
    assert (forall l, sorted l -> from v l -> tells folded l = snd (pass F v folded) ++ tells (fst (pass F v folded)) l)
      as Cv by (intros; eapply C; eauto).
    destruct (pass F v folded) as [s closed]. simpl in *. split.
    + split; [exists (Some v); split; [exact Rp|simpl; lia]|]. split; [exact Sr|].
      apply on_time_permutation with rest; [apply in_order_permutation|exact Or].
    + rewrite <- app_assoc. f_equal. rewrite in_order_of_kept. apply Cv; [apply in_order_sorted|].
      apply on_time_from. apply on_time_permutation with (rest ++ coming); [apply in_order_permutation|].
      now apply Forall_app.
  - destruct w; [contradiction|]. assert (now = []) as ->.
    { unfold now, ready. simpl. generalize (tail p ++ l). clear. now induction l. }
    simpl. rewrite in_order_of_kept. split; [|reflexivity]. split; [eauto|]. split; [exact Sr|].
    apply on_time_permutation with rest; [apply in_order_permutation|exact Or].
Qed.

(** From any point between two commands on: what is written up to a last finalize are the sessions of what is open and comes
    before the next finalize, then those of each later stretch. *)
Lemma play_tells : lawful_fold F -> forall ms v w p,
  lawful w ms -> between_commands w p ->
  snd (play p (ms ++ [Cut v])) =
  tells (open p) (in_order (tail p ++ fst (stretches ms))) ++ flat_map (sessions F) (snd (stretches ms)).
Proof.
  intros [C _]. induction ms as [|[l u|u] ms IH]; intros v w p L B.
  - destruct B as (_ & S & _). simpl. now rewrite !app_nil_r, in_order_of_sorted.
  - inversion L as [|? ? ? ? O A L'|]; subst.
    destruct (batch_tells_a_beginning p l u w (fst (stretches ms))) as [B' E]; auto.
    { now apply stretch_on_time. }
    cbn [stretches fst snd]. rewrite E, <- app_assoc. change (fst (stretches (Batch l u :: ms))) with (l ++ fst (stretches ms)).
    cbn [app play]. destruct (play_move p (Batch l u)) as [p' told]. simpl in B'.
    specialize (IH v u p' L' B'). destruct (play p' (ms ++ [Cut v])) as [p'' more]. simpl in *. now rewrite IH.
  - inversion L as [| |? ? ? A L']; subst. cbn [app play play_move].
    specialize (IH v u empty_part L'). destruct (play empty_part (ms ++ [Cut v])) as [p'' more]. simpl in *.
    destruct B as (_ & S & _). rewrite app_nil_r, in_order_of_sorted by exact S. f_equal.
    rewrite IH; [reflexivity|]. split; [|split; constructor].
    exists None. split; [constructor|exact I].
Qed.

Lemma moves_finalize commands : exists v, moves (commands ++ [Finalize]) = moves commands ++ [Cut v].
Proof. unfold moves. rewrite ticks_app. simpl. eauto. Qed.

Lemma nothing_is_between_commands : between_commands None empty_part.
Proof. split; [exists None; split; [constructor|exact I]|split; constructor]. Qed.

(** A stretch ends with each finalize. The theorem for one key, and any fold for which closing commutes. *)
Theorem emitted_are_the_sessions_of_each_stretch commands :
  lawful_fold F -> emitted (commands ++ [Finalize]) = flat_map (sessions F) (all_stretches commands).
Proof.
  intros LF. unfold emitted, all_stretches. destruct (moves_finalize commands) as [v ->].
  erewrite play_tells; eauto using moves_lawful, nothing_is_between_commands.
Qed.

(** What is written stays written: later commands only add to it. *)
Lemma play_app one other : forall p,
  snd (play p (one ++ other)) = snd (play p one) ++ snd (play (fst (play p one)) other).
Proof.
  induction one as [|m one IH]; intros p; simpl; [reflexivity|].
  destruct (play_move p m) as [p' told]. specialize (IH p').
  destruct (play p' (one ++ other)), (play p' one). simpl in *. now rewrite IH, app_assoc.
Qed.

Theorem a_written_session_stays one other : exists more, emitted (one ++ other) = emitted one ++ more.
Proof.
  unfold emitted, moves. rewrite ticks_app. cbn [snd]. rewrite play_app. eauto.
Qed.
End OneFold.

Arguments open {F}. Arguments tail {F}. Arguments play_move {F}. Arguments play {F}.
