(** Many keys: one table of open states, one tail, one watermark for all. Each key comes out as if it were alone. *)
From Sessionize Require Export Run.

(** The events of one key. *)
Definition of_key (k : list byte) (l : list event) : list event :=
  filter (fun e => if key_eq_dec (key e) k then true else false) l.

(** A move, seen by one key: its own events, and the watermark that all keys share. *)
Definition move_of_key (k : list byte) (m : move) : move :=
  match m with Batch l w => Batch (of_key k l) w | Cut w => Cut w end.

Section Keys.
Context (F : fold).

(** The open states of all keys that there are. *)
Definition table := list (list byte * state F).

(** The state of a key; of one that was never seen, nothing is open. *)
Fixpoint entry (k : list byte) (t : table) : state F :=
  match t with
  | [] => start F
  | (j, s) :: rest => if key_eq_dec j k then s else entry k rest
  end.

Fixpoint update (k : list byte) (s : state F) (t : table) : table :=
  match t with
  | [] => [(k, s)]
  | (j, r) :: rest => if key_eq_dec j k then (j, s) :: rest else (j, r) :: update k s rest
  end.

(** A session, and whose it is. *)
Definition keyed := (list byte * session F)%type.
Definition with_key (k : list byte) : list (session F) -> list keyed := map (pair k).
Definition sessions_of_key (k : list byte) (l : list keyed) : list (session F) :=
  map snd (filter (fun s => if key_eq_dec (fst s) k then true else false) l).

(** Rules 4 to 7 for all keys: an event goes to the entry of its key, the watermark to every entry. *)
Definition table_step (t : table) (e : event) : table * list keyed :=
  let (s, told) := step F (entry (key e) t) e in
  (update (key e) s t, with_key (key e) told).

Definition table_pass (w : Z) (t : table) : table * list keyed :=
  (map (fun a => (fst a, fst (pass F w (snd a)))) t,
   flat_map (fun a => with_key (fst a) (snd (pass F w (snd a)))) t).

Definition table_finish (t : table) : list keyed :=
  flat_map (fun a => with_key (fst a) (finish F (snd a))) t.

Definition by_key : fold := Fold table keyed [] table_step table_pass table_finish.

(** ** The proof *)

Context (nothing : tells_nothing_of_nothing F).

Definition distinct_keys (t : table) := NoDup (map fst t).

Lemma sessions_of_key_app k l m : sessions_of_key k (l ++ m) = sessions_of_key k l ++ sessions_of_key k m.
Proof. unfold sessions_of_key. now rewrite filter_app, map_app. Qed.

Lemma sessions_with_own_key k l : sessions_of_key k (with_key k l) = l.
Proof.
  induction l as [|s l IH]; [reflexivity|]. unfold sessions_of_key in *. simpl.
  destruct (key_eq_dec k k); [|contradiction]. simpl. now f_equal.
Qed.

Lemma sessions_with_other_key k j l : j <> k -> sessions_of_key k (with_key j l) = [].
Proof.
  intros N. induction l as [|s l IH]; [reflexivity|]. unfold sessions_of_key in *. simpl.
  now destruct (key_eq_dec j k).
Qed.

Lemma entry_update k j s t : entry k (update j s t) = if key_eq_dec j k then s else entry k t.
Proof.
  induction t as [|[i r] t IH]; simpl; [reflexivity|].
  destruct (key_eq_dec i j) as [->|N]; simpl.
  - now destruct (key_eq_dec j k).
  - rewrite IH. destruct (key_eq_dec i k) as [->|]; [|reflexivity].
    destruct (key_eq_dec j k) as [->|]; [contradiction|reflexivity].
Qed.

Lemma update_keys j s t i : In i (map fst (update j s t)) -> i = j \/ In i (map fst t).
Proof.
  induction t as [|[h r] t IH]; simpl; [intuition|].
  destruct (key_eq_dec h j); simpl; intuition.
Qed.

Lemma update_distinct j s t : distinct_keys t -> distinct_keys (update j s t).
Proof.
  unfold distinct_keys. induction t as [|[h r] t IH]; simpl; intros D; [repeat constructor; auto|].
  inversion D as [|? ? N D']; subst. destruct (key_eq_dec h j); simpl; [now constructor|].
  constructor; [|auto]. intros I. apply update_keys in I as [->|I]; contradiction.
Qed.

(** What is told of each entry, seen by one key. *)
Lemma of_each_entry (tell : state F -> list (session F)) k t :
  tell (start F) = [] -> distinct_keys t ->
  sessions_of_key k (flat_map (fun a => with_key (fst a) (tell (snd a))) t) = tell (entry k t).
Proof.
  intros Z D. induction t as [|[j s] t IH]; simpl; [now rewrite Z|].
  inversion D as [|? ? N D']; subst. rewrite sessions_of_key_app.
  destruct (key_eq_dec j k) as [->|].
  - rewrite sessions_with_own_key. rewrite IH by exact D'.
    assert (entry k t = start F) as ->; [|rewrite Z; apply app_nil_r].
    clear - N. induction t as [|[j r] t IH]; simpl in *; [reflexivity|].
    destruct (key_eq_dec j k) as [->|]; [tauto|]. apply IH. tauto.
  - rewrite sessions_with_other_key by assumption. now apply IH.
Qed.

Lemma entry_pass k w t : entry k (fst (table_pass w t)) = fst (pass F w (entry k t)).
Proof.
  simpl. induction t as [|[j s] t IH]; simpl; [destruct nothing as [N _]; now rewrite N|].
  now destruct (key_eq_dec j k).
Qed.

Lemma pass_distinct w t : distinct_keys t -> distinct_keys (fst (table_pass w t)).
Proof. unfold distinct_keys. simpl. now rewrite map_map. Qed.

(** Each key folds its own events. *)
Lemma steps_of_key k l : forall t, distinct_keys t ->
  distinct_keys (fst (@steps by_key t l)) /\
  entry k (fst (@steps by_key t l)) = fst (steps (entry k t) (of_key k l)) /\
  sessions_of_key k (snd (@steps by_key t l)) = snd (steps (entry k t) (of_key k l)).
Proof.
  induction l as [|e l IH]; intros t D; [now simpl|].
  simpl. unfold table_step at 1 2 3. destruct (step F (entry (key e) t) e) as [s told] eqn:E.
  destruct (IH (update (key e) s t) (update_distinct _ _ _ D)) as (D' & S & T).
  destruct (@steps by_key (update (key e) s t) l) as [t' more]. simpl in *.
  rewrite entry_update in S, T. destruct (key_eq_dec (key e) k) as [<-|N]; simpl.
  - rewrite E. destruct (steps s (of_key (key e) l)). simpl in *.
    split; [exact D'|]. split; [exact S|]. now rewrite sessions_of_key_app, sessions_with_own_key, T.
  - split; [exact D'|]. split; [exact S|]. now rewrite sessions_of_key_app, sessions_with_other_key, T.
Qed.

Lemma tells_of_key k l t : distinct_keys t ->
  sessions_of_key k (@tells by_key t l) = tells (entry k t) (of_key k l).
Proof.
  intros D. unfold tells. destruct (steps_of_key k l t D) as (D' & S & T).
  rewrite sessions_of_key_app, T. f_equal. rewrite <- S. apply of_each_entry; [apply nothing|exact D'].
Qed.

Lemma pass_at_of_key k w t : distinct_keys t ->
  distinct_keys (fst (@pass_at by_key w t)) /\
  entry k (fst (@pass_at by_key w t)) = fst (pass_at w (entry k t)) /\
  sessions_of_key k (snd (@pass_at by_key w t)) = snd (pass_at w (entry k t)).
Proof.
  intros D. destruct w as [w|]; [|now simpl]. cbn [pass_at pass by_key].
  split; [now apply pass_distinct|]. split; [apply entry_pass|].
  apply of_each_entry with (tell := fun s => snd (pass F w s)); [|exact D].
  destruct nothing as [N _]. now rewrite N.
Qed.

(** The part of one key in the state of all. *)
Definition part_of_key (k : list byte) (p : part by_key) : part F :=
  Part F (entry k (open p)) (of_key k (tail p)).

Lemma play_move_of_key k (p : part by_key) m : distinct_keys (open p) ->
  distinct_keys (open (fst (play_move p m))) /\
  part_of_key k (fst (play_move p m)) = fst (play_move (part_of_key k p) (move_of_key k m)) /\
  sessions_of_key k (snd (play_move p m)) = snd (play_move (part_of_key k p) (move_of_key k m)).
Proof.
  intros D. destruct m as [l w|w].
  - simpl. assert (of_key k (in_order (tail p ++ l)) = in_order (of_key k (tail p) ++ of_key k l)) as A
      by (unfold of_key; now rewrite filter_in_order, filter_app).
    set (all := in_order (tail p ++ l)) in *.
    assert (forall keep, of_key k (filter keep all) = filter keep (of_key k all)) as Swap.
    { intros keep. unfold of_key. generalize all. clear. induction all as [|e all IH]; [reflexivity|]. simpl.
      destruct (key_eq_dec (key e) k) eqn:K, (keep e) eqn:P; simpl; rewrite ?K, ?P, IH; reflexivity. }
    destruct (steps_of_key k (ready w all) (open p) D) as (D1 & S1 & T1).
    unfold ready, waiting in *. rewrite Swap, A in S1, T1.
    destruct (@steps by_key (open p) (filter _ all)) as [t told].
    destruct (steps (entry k (open p)) _) as [s told'] eqn:E. simpl in D1, S1, T1.
    destruct (pass_at_of_key k w t D1) as (D2 & S2 & T2). rewrite S1 in S2, T2.
    destruct (@pass_at by_key w t) as [t' closed]. destruct (pass_at w s) as [s' closed'].
    simpl in *. split; [exact D2|]. split.
    + unfold part_of_key. simpl. now rewrite S2, Swap, A.
    + now rewrite sessions_of_key_app, T1, T2.
  - simpl. split; [constructor|]. split; [reflexivity|]. now apply tells_of_key.
Qed.

(** A run over many keys is the product of the runs of each key, under one watermark. *)
Theorem play_of_key k ms : forall p : part by_key, distinct_keys (open p) ->
  part_of_key k (fst (play p ms)) = fst (play (part_of_key k p) (map (move_of_key k) ms)) /\
  sessions_of_key k (snd (play p ms)) = snd (play (part_of_key k p) (map (move_of_key k) ms)).
Proof.
  induction ms as [|m ms IH]; intros p D; [now simpl|]. simpl.
  destruct (play_move_of_key k p m D) as (D' & P & T).
  destruct (play_move p m) as [p' told], (play_move (part_of_key k p) (move_of_key k m)) as [q told'].
  simpl in *. subst q. destruct (IH p' D') as [P' T'].
  destruct (play p' ms), (play (part_of_key k p') (map (move_of_key k) ms)). simpl in *.
  split; [exact P'|]. now rewrite sessions_of_key_app, T, T'.
Qed.

(** What one key sees of rules 2 and 3 is lawful too. *)
Lemma of_key_lawful k w ms : lawful w ms -> lawful w (map (move_of_key k) ms).
Proof.
  induction 1; simpl; constructor; auto. apply Forall_forall. intros e I. apply filter_In in I as [I _].
  unfold on_time in *. rewrite Forall_forall in *. auto.
Qed.

Lemma of_key_app k l m : of_key k (l ++ m) = of_key k l ++ of_key k m.
Proof. apply filter_app. Qed.

Lemma stretches_of_key k ms :
  stretches (map (move_of_key k) ms) =
  (of_key k (fst (stretches ms)), map (of_key k) (snd (stretches ms))).
Proof. induction ms as [|[l w|w] ms IH]; simpl; [|rewrite IH..]; simpl; rewrite ?of_key_app; reflexivity. Qed.

(** The theorem for all keys: of each key, a finalize leaves written the sessions of its own events, stretch by stretch. *)
Theorem emitted_of_key k commands : closing_commutes F ->
  sessions_of_key k (emitted by_key (commands ++ [Finalize])) =
  flat_map (fun stretch => sessions F (of_key k stretch)) (all_stretches commands).
Proof.
  intros C. unfold emitted, all_stretches. destruct (moves_finalize commands) as [v ->].
  destruct (play_of_key k (moves commands ++ [Cut v]) (empty_part by_key)) as [_ ->]; [constructor|].
  rewrite map_app. simpl.
  assert (between_commands F None (part_of_key k (empty_part by_key))) as B by apply nothing_is_between_commands.
  rewrite (play_tells F (conj C nothing) _ v None _ (of_key_lawful k _ _ (moves_lawful commands)) B).
  rewrite stretches_of_key. simpl. f_equal.
  generalize (snd (stretches (moves commands))). intros ss. induction ss; simpl; congruence.
Qed.
End Keys.
