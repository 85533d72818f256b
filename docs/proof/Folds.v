(** Deterministic folds over the total order of events, and what closing at the watermark may not change. *)
From Sessionize Require Export Watermark.

(** Whatever makes sessions of the events of a key: the gap alone, or with any rules that depend on the order. *)
Record fold := Fold {
  state : Type;
  session : Type;
  (** Nothing is open. *)
  start : state;
  (** Rule 4: one event, in the order (t, seq), and the sessions that it completes. *)
  step : state -> event -> state * list session;
  (** Rule 6: completes what a watermark at this time has passed. *)
  pass : Z -> state -> state * list session;
  (** Rule 7: completes what is open. *)
  finish : state -> list session;
}.

Section OneFold.
Context (F : fold).

Fixpoint steps (s : state F) (l : list event) : state F * list (session F) :=
  match l with
  | [] => (s, [])
  | e :: rest =>
      let (s', told) := step F s e in
      let (s'', more) := steps s' rest in
      (s'', told ++ more)
  end.

(** All sessions of [s] and of the events [l] behind it, if nothing comes any more. *)
Definition tells (s : state F) (l : list event) : list (session F) :=
  snd (steps s l) ++ finish F (fst (steps s l)).

(** The sessions of a set of events: one fold over all of them, in order. *)
Definition sessions (arrived : list event) : list (session F) := tells (start F) (in_order arrived).

(** Rule 6 for a whole checkpoint: minus infinity has passed nothing. *)
Definition pass_at (w : watermark) (s : state F) : state F * list (session F) :=
  match w with None => (s, []) | Some t => pass F t s end.

(** [reachable t s]: a fold in order can have come to [s], with nothing beyond [t] folded, closed or still allowed before. *)
Inductive reachable : watermark -> state F -> Prop :=
| reachable_start : reachable None (start F)
| reachable_step t s e :
    reachable t s -> at_most t (Some (time e)) -> reachable (Some (time e)) (fst (step F s e))
| reachable_pass t s w :
    reachable t s -> at_most t (Some w) -> reachable (Some w) (fst (pass F w s)).

(** What rule 6 needs: a session is closed by the watermark only if no event that is not late could extend it. Then closing it now
    tells nothing else than letting the next event, or the finalize, close it. *)
Definition closing_commutes : Prop := forall t s w l,
  reachable t s -> at_most t (Some w) -> sorted l -> from w l ->
  tells s l = snd (pass F w s) ++ tells (fst (pass F w s)) l.

(** Where nothing is open, nothing is closed. *)
Definition tells_nothing_of_nothing : Prop :=
  (forall w, pass F w (start F) = (start F, [])) /\ finish F (start F) = [].

(** A fold for which the theorems hold. *)
Definition lawful_fold : Prop := closing_commutes /\ tells_nothing_of_nothing.

Lemma steps_app l m : forall s,
  steps s (l ++ m) =
  (fst (steps (fst (steps s l)) m), snd (steps s l) ++ snd (steps (fst (steps s l)) m)).
Proof.
  induction l as [|e l IH]; intros s; simpl; [now destruct (steps s m)|].
  destruct (step F s e) as [s' told]. rewrite IH. destruct (steps s' l). simpl. now rewrite app_assoc.
Qed.

(** A fold may be stopped anywhere and go on from its state. *)
Lemma tells_app s l m : tells s (l ++ m) = snd (steps s l) ++ tells (fst (steps s l)) m.
Proof. unfold tells. rewrite steps_app. simpl. now rewrite app_assoc. Qed.

(** Folding in order what a watermark has reached leads to a state at that watermark. *)
Lemma reachable_steps w l : forall t s,
  reachable t s -> at_most t (Some w) -> sorted l -> on_time t l -> until w l ->
  exists t', reachable t' (fst (steps s l)) /\ at_most t' (Some w).
Proof.
  induction l as [|e l IH]; intros t s R T S O U; simpl; [eauto|].
  inversion S as [|? ? Hl Sl]; inversion O as [|? ? Oe Ol]; inversion U as [|? ? Ue Ul]; subst.
  assert (at_most t (Some (time e))) as Te.
  { destruct t as [t|]; simpl in *; [|exact I]. now apply Z.ltb_ge. }
  pose proof (reachable_step t s e R Te) as R'. destruct (step F s e) as [s' told]. simpl in R'.
  destruct (IH (Some (time e)) s') as (t' & R'' & T'); auto; [now apply on_time_from|].
  destruct (steps s' l). eauto.
Qed.

(** ** A way to prove that closing commutes, one event at a time

    [alike w]: two states between which no event at or after [w] can see a difference. *)
Section OneEventAtATime.
Context (good : watermark -> state F -> Prop) (alike : Z -> state F -> state F -> Prop).
Hypothesis good_reachable : forall t s, reachable t s -> good t s.
Hypothesis alike_step : forall w r s e, alike w r s -> w <= time e ->
  snd (step F r e) = snd (step F s e) /\ alike (time e) (fst (step F r e)) (fst (step F s e)).
Hypothesis alike_finish : forall w r s, alike w r s -> finish F r = finish F s.
Hypothesis pass_step : forall t s w e, good t s -> at_most t (Some w) -> w <= time e ->
  snd (step F s e) = snd (pass F w s) ++ snd (step F (fst (pass F w s)) e)
  /\ alike (time e) (fst (step F s e)) (fst (step F (fst (pass F w s)) e)).
Hypothesis pass_finish : forall s w, finish F s = snd (pass F w s) ++ finish F (fst (pass F w s)).

Lemma alike_tells l : forall w r s, sorted l -> from w l -> alike w r s -> tells r l = tells s l.
Proof.
  induction l as [|e l IH]; intros w r s S Hw A.
  - unfold tells. simpl. now apply alike_finish with w.
  - inversion S; inversion Hw; subst. change (e :: l) with ([e] ++ l). rewrite !tells_app. simpl.
    destruct (alike_step w r s e) as [T A']; auto.
    destruct (step F r e), (step F s e). simpl in *. rewrite T. f_equal. now apply IH with (time e).
Qed.

Theorem closing_commutes_one_event_at_a_time : closing_commutes.
Proof.
  intros t s w [|e l] R T S Hw.
  - unfold tells. simpl. apply pass_finish.
  - inversion S; inversion Hw; subst. change (e :: l) with ([e] ++ l). rewrite !tells_app. simpl.
    destruct (pass_step t s w e) as [E A]; auto.
    destruct (step F s e), (pass F w s) as [s' told]. simpl in *.
    destruct (step F s' e). simpl in *. rewrite E, !app_nil_r, <- app_assoc. do 2 f_equal.
    now apply alike_tells with (time e).
Qed.
End OneEventAtATime.
End OneFold.

Arguments steps {F}. Arguments tells {F}. Arguments pass_at {F}. Arguments reachable {F}.
