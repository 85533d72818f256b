(** Rules 1, 2, 3 and 7: what a batch accepts, and how far event time has come. *)
From Sessionize Require Export Events.

(** [W]; [None] is minus infinity. *)
Definition watermark := option Z.

(** Rule 2: an event at [t] is late if and only if [t < W]. *)
Definition is_late (w : watermark) (t : Z) : bool :=
  match w with None => false | Some reached => t <? reached end.

(** Rule 4: an event at [t] is folded if [t <= W]. *)
Definition reaches (w : watermark) (t : Z) : bool :=
  match w with None => false | Some reached => t <=? reached end.

(** The later of two; also the latest of two times of events. *)
Definition later (v w : watermark) : watermark :=
  match v, w with
  | None, _ => w
  | _, None => v
  | Some s, Some t => Some (Z.max s t)
  end.

(** [v] is not beyond [w]. *)
Definition at_most (v w : watermark) : Prop :=
  match v, w with
  | None, _ => True
  | Some _, None => False
  | Some s, Some t => s <= t
  end.

(** Rule 3: what a run asks for. The lateness may be another one in each run; even a negative one would do no harm. *)
Inductive advance := Lateness (us : Z) | Stated (t : Z).

(** Rule 3: [W] after a batch. *)
Definition advanced (a : advance) (w : watermark) (latest : option Z) : watermark :=
  later w (match a with Lateness us => option_map (fun t => t - us) latest | Stated t => Some t end).

(** What a checkpoint knows of time: [W], and the time of the latest event ever accepted. *)
Record clock := Clock { reached : watermark; latest : option Z }.

Definition beginning := Clock None None.

(** What may be done to a checkpoint. *)
Inductive command :=
| Run (batch : list event) (a : advance)
| Finalize
| FinalizeAsOf (t : Z).

(** Rule 2: the events of a batch that are not late, each decided alone, with [W] as it was when the batch began. *)
Definition accepted (w : watermark) (batch : list event) : list event :=
  filter (fun e => negb (is_late w (time e))) batch.

Definition latest_of (known : option Z) (l : list event) : option Z :=
  fold_left (fun t e => later t (Some (time e))) l known.

(** What a command is for the fold: events that came in and the watermark behind them, or a cut with the watermark behind it. *)
Inductive move := Batch (events : list event) (w : watermark) | Cut (w : watermark).

(** Rules 2, 3 and 7: one command. *)
Definition tick (c : clock) (what : command) : clock * move :=
  match what with
  | Run batch a =>
      let taken := accepted (reached c) batch in
      let known := latest_of (latest c) taken in
      let w := advanced a (reached c) known in
      (Clock w known, Batch taken w)
  | Finalize =>
      let w := later (reached c) (option_map (fun t => t + 1) (latest c)) in
      (Clock w (latest c), Cut w)
  | FinalizeAsOf t =>
      let w := later (reached c) (Some t) in
      (Clock w (latest c), Batch [] w)
  end.

Fixpoint ticks (c : clock) (commands : list command) : clock * list move :=
  match commands with
  | [] => (c, [])
  | what :: rest =>
      let (c', m) := tick c what in
      let (c'', ms) := ticks c' rest in
      (c'', m :: ms)
  end.

Definition moves (commands : list command) : list move := snd (ticks beginning commands).

(** ** The watermark never goes back *)

Lemma at_most_refl w : at_most w w.
Proof. destruct w; simpl; [lia|exact I]. Qed.

Lemma at_most_trans u v w : at_most u v -> at_most v w -> at_most u w.
Proof. destruct u, v, w; simpl; try tauto; lia. Qed.

Lemma at_most_later v w : at_most v (later v w).
Proof. destruct v, w; simpl; try lia; exact I. Qed.

Lemma at_most_later_right v w : at_most w (later v w).
Proof. destruct v, w; simpl; try lia; exact I. Qed.

Lemma tick_never_goes_back c what : at_most (reached c) (reached (fst (tick c what))).
Proof. destruct what; apply at_most_later. Qed.

(** Whatever is done to a checkpoint: its watermark never goes back. *)
Theorem the_watermark_never_goes_back commands : forall c,
  at_most (reached c) (reached (fst (ticks c commands))).
Proof.
  induction commands as [|what rest IH]; intros c; simpl; [apply at_most_refl|].
  pose proof (tick_never_goes_back c what) as T. destruct (tick c what) as [c' m].
  specialize (IH c'). destruct (ticks c' rest) as [c'' ms]. now apply at_most_trans with (reached c').
Qed.

(** ** What the fold may count on *)

Definition on_time (w : watermark) (l : list event) := Forall (fun e => is_late w (time e) = false) l.

(** Each batch has only events that are not late, and the watermark never goes back: all that the theorems need to know of rules 2
    and 3. *)
Inductive lawful : watermark -> list move -> Prop :=
| lawful_nil w : lawful w []
| lawful_batch w l v rest : on_time w l -> at_most w v -> lawful v rest -> lawful w (Batch l v :: rest)
| lawful_cut w v rest : at_most w v -> lawful v rest -> lawful w (Cut v :: rest).

Lemma accepted_on_time w batch : on_time w (accepted w batch).
Proof. apply Forall_forall. intros e I. apply filter_In in I as [_ I]. now apply negb_true_iff. Qed.

(** The commands of rules 2, 3 and 7 make nothing else. *)
Lemma ticks_lawful commands : forall c, lawful (reached c) (snd (ticks c commands)).
Proof.
  induction commands as [|what rest IH]; intros c; simpl; [constructor|].
  pose proof (tick_never_goes_back c what) as T. destruct (tick c what) as [c' m] eqn:E.
  specialize (IH c'). destruct (ticks c' rest) as [c'' ms]. simpl in *.
  destruct what; injection E as <- <-; simpl in *; constructor; auto using accepted_on_time.
  constructor.
Qed.

Lemma moves_lawful commands : lawful None (moves commands).
Proof. apply (ticks_lawful commands beginning). Qed.

Lemma ticks_app one other : forall c,
  ticks c (one ++ other) =
  (fst (ticks (fst (ticks c one)) other), snd (ticks c one) ++ snd (ticks (fst (ticks c one)) other)).
Proof.
  induction one as [|what rest IH]; intros c; simpl; [now destruct (ticks c other)|].
  destruct (tick c what) as [c' m]. specialize (IH c'). rewrite IH. now destruct (ticks c' rest).
Qed.

Lemma late_before v w t : at_most v w -> is_late w t = false -> is_late v t = false.
Proof. destruct v, w; simpl; try tauto; rewrite !Z.ltb_ge; lia. Qed.

Lemma on_time_before v w l : at_most v w -> on_time w l -> on_time v l.
Proof. intros H. apply Forall_impl. intros e. now apply late_before. Qed.

Lemma on_time_from t l : on_time (Some t) l <-> from t l.
Proof. unfold on_time, from. simpl. rewrite !Forall_forall. setoid_rewrite Z.ltb_ge. reflexivity. Qed.

(** ** What the watermark has reached, and what waits for it *)

Definition ready (w : watermark) (l : list event) := filter (fun e => reaches w (time e)) l.
Definition waiting (w : watermark) (l : list event) := filter (fun e => negb (reaches w (time e))) l.

Lemma waiting_on_time w l : on_time w (waiting w l).
Proof.
  apply Forall_forall. intros e I. apply filter_In in I as [_ I]. destruct w as [t|]; simpl in *; [|reflexivity].
  apply negb_true_iff, Z.leb_gt in I. apply Z.ltb_ge. lia.
Qed.

Lemma on_time_permutation w l m : Permutation l m -> on_time w l -> on_time w m.
Proof. unfold on_time. intros P H. now rewrite <- P. Qed.

(** Events that are not late stand behind everything that the watermark has reached: folding what is ready and keeping the rest
    changes nothing about the order of all. *)
Lemma in_order_split w arrived coming :
  on_time w coming ->
  in_order (arrived ++ coming) = in_order (ready w arrived) ++ in_order (waiting w arrived ++ coming).
Proof.
  intros F. destruct w as [w|]; unfold ready, waiting; simpl.
  2:{ assert (filter (fun _ => false) arrived = []) as -> by (induction arrived; auto).
      assert (filter (fun _ => true) arrived = arrived) as ->; [|reflexivity].
      clear. induction arrived; simpl; congruence. }
  apply on_time_from in F. induction arrived as [|e l IH]; simpl; [reflexivity|].
  rewrite IH. destruct (Z.leb_spec (time e) w); simpl.
  - apply insert_before. eapply from_permutation; [apply in_order_permutation|].
    apply Forall_app. split; [|apply from_weaken with w; auto].
    pose proof (waiting_on_time (Some w) l) as W. apply on_time_from in W.
    apply from_weaken with w; [lia|exact W].
  - apply insert_into_sorted. intros f I.
    apply (Permutation_in _ (Permutation_sym (in_order_permutation _))) in I.
    apply filter_In in I as [_ I]. apply Z.leb_le in I. lia.
Qed.
