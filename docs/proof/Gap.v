(** Rules 5 and 6: the gap, the fold that knows nothing else, and the gap partition of events. *)
From Sessionize Require Export Run.

Section Gap.
Context (G : Z).

(** Rule 5: an event at [t] belongs to the session whose last event is at [e] if and only if [t - e <= G]. *)
Definition joins (e t : Z) : bool := t - e <=? G.

(** Rule 6: a session whose last event is at [e] is complete if and only if [e + G < W]. *)
Definition is_passed (e w : Z) : bool := e + G <? w.

(** Rule 6 is the complement of rule 5 ... *)
Lemma passed_is_not_joined e w : is_passed e w = negb (joins e w).
Proof. unfold is_passed, joins. destruct (Z.ltb_spec (e + G) w), (Z.leb_spec (w - e) G); simpl; lia. Qed.

(** ... so no event at or after the watermark could belong to a session that is closed by it. *)
Lemma passed_for_good e w t : is_passed e w = true -> w <= t -> joins e t = false.
Proof. unfold is_passed, joins. rewrite Z.ltb_lt, Z.leb_gt. lia. Qed.

(** What is known of a session: times of its first and last event, and how many there are. *)
Record span := Span { first_at : Z; last_at : Z; events : nat }.

Definition begin (t : Z) := Span t t 1.
Definition extend (s : span) (t : Z) := Span (first_at s) t (S (events s)).

(** The fold of rules 4 to 7: at most one open session. *)
Definition gap_step (o : option span) (e : event) : option span * list span :=
  match o with
  | None => (Some (begin (time e)), [])
  | Some s =>
      if joins (last_at s) (time e) then (Some (extend s (time e)), []) else (Some (begin (time e)), [s])
  end.

Definition gap_pass (w : Z) (o : option span) : option span * list span :=
  match o with
  | Some s => if is_passed (last_at s) w then (None, [s]) else (o, [])
  | None => (None, [])
  end.

Definition gap_finish (o : option span) : list span := match o with Some s => [s] | None => [] end.

Definition gap_fold : fold := Fold (option span) span None gap_step gap_pass gap_finish.

(** Closing at the watermark commutes with whatever comes: the hypothesis of the theorem. *)
Lemma gap_fold_lawful : lawful_fold gap_fold.
Proof.
  split; [|split; reflexivity].
  apply closing_commutes_one_event_at_a_time with (good := fun _ _ => True) (alike := fun _ => eq); auto.
  - intros w r s e -> _. now split.
  - intros w r s ->. reflexivity.
  - intros t [s|] w e _ _ W; simpl; [|auto]. destruct (is_passed (last_at s) w) eqn:P; simpl; [|auto].
    now rewrite (passed_for_good _ _ _ P W).
  - intros [s|] w; simpl; [|reflexivity]. now destruct (is_passed (last_at s) w).
Qed.

(** ** The gap partition *)

(** Events in order of which each keeps the gap to the one before. *)
Inductive unbroken : list event -> Prop :=
| unbroken_one e : unbroken [e]
| unbroken_more e f l : joins (time e) (time f) = true -> unbroken (f :: l) -> unbroken (e :: f :: l).

(** [l] is cut where neighbours are more than the gap apart, and nowhere else. *)
Inductive is_gap_partition : list event -> list (list event) -> Prop :=
| partition_nil : is_gap_partition [] []
| partition_cons e s rest p :
    unbroken (e :: s) ->
    (forall f, hd_error rest = Some f -> joins (time (last s e)) (time f) = false) ->
    is_gap_partition rest p ->
    is_gap_partition (e :: s ++ rest) ((e :: s) :: p).

Fixpoint gap_partition (l : list event) : list (list event) :=
  match l with
  | [] => []
  | e :: rest =>
      match gap_partition rest with
      | (f :: s) :: p => if joins (time e) (time f) then (e :: f :: s) :: p else [e] :: (f :: s) :: p
      | p => [e] :: p
      end
  end.

Lemma gap_partition_first e l : exists s p, gap_partition (e :: l) = (e :: s) :: p.
Proof.
  revert e. induction l as [|f l IH]; intros e; [simpl; eauto|].
  destruct (IH f) as (s & p & E). remember (f :: l) as fl. simpl. rewrite E.
  destruct (joins (time e) (time f)); eauto.
Qed.

(** There is one gap partition of events in order ... *)
Theorem gap_partition_unique l p : is_gap_partition l p -> p = gap_partition l.
Proof.
  induction 1 as [|e s rest p U B _ ->]; [reflexivity|].
  revert e U B. induction s as [|f s IH]; intros e U B.
  - destruct rest as [|f rest]; [reflexivity|]. destruct (gap_partition_first f rest) as (s & p & E).
    cbn [app]. remember (f :: rest) as fr. simpl. rewrite E.
    specialize (B f). subst fr. simpl in B. now rewrite B.
  - inversion U as [|? ? ? J U']; subst. specialize (IH f U').
    assert (last (f :: s) e = last s f) as L.
    { clear. revert f. induction s as [|g s IH]; intros f; [reflexivity|]. simpl in *. destruct s; auto. }
    rewrite L in B. specialize (IH B). cbn [app] in *. remember (f :: s ++ rest) as fr. simpl.
    rewrite <- IH. now rewrite J.
Qed.

(** ... and this is it. *)
Theorem gap_partition_is_one l : is_gap_partition l (gap_partition l).
Proof.
  induction l as [|e l IH]; [constructor|]. destruct l as [|f l].
  - apply (partition_cons e [] [] []); [constructor|discriminate|constructor].
  - destruct (gap_partition_first f l) as (s' & p & E). remember (f :: l) as fl. simpl. rewrite E in *.
    inversion IH as [|g s rest q U B P R]; subst.
    destruct (joins (time e) (time f)) eqn:J.
    + apply (partition_cons e (f :: s') rest p); [now constructor| |exact P].
      intros g Hg. rewrite <- (B g Hg). f_equal. f_equal.
      clear. revert f. induction s' as [|h s IH]; intros f; [reflexivity|]. simpl in *. destruct s; auto.
    + apply (partition_cons e [] (f :: s' ++ rest) ((f :: s') :: p)); [constructor| |now rewrite R].
      intros g Hg. injection Hg as <-. exact J.
Qed.

Definition span_of (s : list event) : span :=
  match s with
  | [] => Span 0 0 0
  | e :: rest => Span (time e) (time (last rest e)) (length s)
  end.

(** One session of the partition goes through the fold without a cut. *)
Lemma gap_steps_unbroken s : forall e o,
  unbroken (e :: s) -> last_at o = time e ->
  @steps gap_fold (Some o) s =
  (Some (Span (first_at o) (time (last s e)) (length s + events o)), []).
Proof.
  induction s as [|f s IH]; intros e o U L.
  - simpl. rewrite <- L. now destruct o.
  - inversion U as [|? ? ? J U']; subst. simpl. rewrite L, J. rewrite (IH f (extend o (time f)) U' eq_refl).
    simpl. do 3 f_equal; [|lia]. f_equal. clear. revert f.
    induction s as [|g s IH]; intros f; [reflexivity|]. simpl in *. destruct s; auto.
Qed.

(** The fold tells the spans of the gap partition. *)
Theorem gap_fold_tells_the_partition l :
  @tells gap_fold None l = map span_of (gap_partition l).
Proof.
  generalize (gap_partition_is_one l). generalize (gap_partition l). intros p H.
  enough (forall s, (forall f o, hd_error l = Some f -> s = Some o -> joins (last_at o) (time f) = false) ->
            @tells gap_fold s l = gap_finish s ++ map span_of p) as T by (rewrite T; [reflexivity|discriminate]).
  induction H as [|e r rest p U B _ IH]; intros s Hs.
  - unfold tells. simpl. now rewrite app_nil_r.
  - assert (@steps gap_fold s [e] = (Some (begin (time e)), gap_finish s)) as E1.
    { simpl. destruct s as [o|]; simpl; [|reflexivity]. now rewrite (Hs e o eq_refl eq_refl). }
    change (e :: r ++ rest) with ([e] ++ r ++ rest). rewrite tells_app, E1. simpl. f_equal.
    rewrite tells_app. rewrite (gap_steps_unbroken r e) by (exact U || reflexivity). simpl.
    rewrite IH.
    + simpl. do 2 f_equal. lia.
    + intros f o Hf E. injection E as <-. now apply B.
Qed.

(** It looks at nothing but the times. *)
Lemma gap_fold_looks_at_times l : forall m s,
  map time l = map time m -> @tells gap_fold s l = @tells gap_fold s m.
Proof.
  induction l as [|e l IH]; intros [|f m] s E; try discriminate; [reflexivity|].
  injection E as Ee El. change (e :: l) with ([e] ++ l). change (f :: m) with ([f] ++ m).
  rewrite !tells_app. simpl. unfold gap_step. rewrite Ee.
  destruct s as [o|]; [destruct (joins (last_at o) (time f))|]; simpl; rewrite (IH m _ El); reflexivity.
Qed.

(** So the order of arrival does not matter at all, not even between ties. *)
Theorem gap_sessions_of_a_set l m : Permutation l m -> sessions gap_fold l = sessions gap_fold m.
Proof. intros P. apply gap_fold_looks_at_times. now apply times_in_order. Qed.

(** The sessions of accepted events are the spans of their gap partition. *)
Theorem gap_sessions_are_the_partition l :
  sessions gap_fold l = map span_of (gap_partition (in_order l)).
Proof. apply gap_fold_tells_the_partition. Qed.
End Gap.
