(** Events, and the order in which they are folded.

    A list of events is in the order of arrival ([seq] in docs/semantics.md: by run, file, row). *)
From Coq Require Export ZArith List Lia Bool.
From Coq Require Export Sorting.Permutation.
From Coq Require Export Init.Byte.
From Coq Require Import Strings.Byte.
Export ListNotations.
Open Scope Z_scope.

(** An event: key, time in microseconds, the columns that rules look at. Keys and columns are bytes. *)
Record event := Event { key : list byte; time : Z; payload : list byte }.

Definition key_eq_dec : forall k l : list byte, {k = l} + {k <> l} := list_eq_dec Byte.byte_eq_dec.

(** Rule 4: the order (t, seq). A stable sort by time of the events as they arrived; [insert] puts an event in front of those
    that arrived after it at the same time. *)
Fixpoint insert (e : event) (l : list event) : list event :=
  match l with
  | [] => [e]
  | f :: rest => if time e <=? time f then e :: l else f :: insert e rest
  end.

Fixpoint in_order (arrived : list event) : list event :=
  match arrived with
  | [] => []
  | e :: rest => insert e (in_order rest)
  end.

(** Every event is at or after [t]; every event is at or before [t]. *)
Definition from (t : Z) (l : list event) := Forall (fun e => t <= time e) l.
Definition until (t : Z) (l : list event) := Forall (fun e => time e <= t) l.

(** No event lies before one that stands in front of it. *)
Inductive sorted : list event -> Prop :=
| sorted_nil : sorted []
| sorted_cons e l : from (time e) l -> sorted l -> sorted (e :: l).

(** The events at one instant, in the order of arrival: the ties. *)
Definition at_time (t : Z) (l : list event) := filter (fun e => time e =? t) l.

(** Two arrivals that differ in nothing but the order of events at different times. *)
Definition same_ties (l m : list event) := forall t, at_time t l = at_time t m.

(** ** The sort is a sort *)

Lemma insert_permutation e l : Permutation (e :: l) (insert e l).
Proof.
  induction l as [|f l IH]; simpl; [reflexivity|].
  destruct (time e <=? time f); [reflexivity|].
  rewrite perm_swap. now apply perm_skip.
Qed.

(** Sorting loses no event and makes up none. *)
Lemma in_order_permutation l : Permutation l (in_order l).
Proof.
  induction l as [|e l IH]; simpl; [reflexivity|].
  rewrite <- insert_permutation. now apply perm_skip.
Qed.

Lemma from_permutation t l m : Permutation l m -> from t l -> from t m.
Proof. unfold from. intros P H. now rewrite <- P. Qed.

Lemma from_weaken t u l : u <= t -> from t l -> from u l.
Proof. unfold from. intros H. apply Forall_impl. intros; lia. Qed.

Lemma insert_sorted e l : sorted l -> sorted (insert e l).
Proof.
  induction 1 as [|f l Hf Hl IH]; simpl; [repeat constructor|].
  destruct (Z.leb_spec (time e) (time f)).
  - repeat constructor; auto. apply from_weaken with (time f); [lia|auto].
  - constructor; auto. apply from_permutation with (e :: l); [apply insert_permutation|].
    constructor; [lia|auto].
Qed.

Lemma in_order_sorted l : sorted (in_order l).
Proof. induction l; simpl; [constructor|now apply insert_sorted]. Qed.

(** What is sorted already is not moved. *)
Lemma insert_first e l : from (time e) l -> insert e l = e :: l.
Proof.
  intros H. destruct l as [|f l]; simpl; [reflexivity|]. inversion H; subst.
  destruct (Z.leb_spec (time e) (time f)); [reflexivity|lia].
Qed.

Lemma in_order_of_sorted l : sorted l -> in_order l = l.
Proof. induction 1 as [|e l H _ IH]; simpl; [reflexivity|]. rewrite IH. now apply insert_first. Qed.

(** ** The sort is stable *)

Lemma at_time_insert t e l : at_time t (insert e l) = at_time t (e :: l).
Proof.
  induction l as [|f l IH]; simpl; [reflexivity|].
  destruct (Z.leb_spec (time e) (time f)); simpl; [reflexivity|].
  rewrite IH. simpl. destruct (Z.eqb_spec (time e) t), (Z.eqb_spec (time f) t); try reflexivity; lia.
Qed.

(** Ties keep the order of arrival. *)
Lemma in_order_stable l : same_ties (in_order l) l.
Proof.
  intros t. induction l as [|e l IH]; simpl; [reflexivity|].
  rewrite at_time_insert. simpl. now rewrite IH.
Qed.

Lemma at_time_in t l e : In e (at_time t l) <-> In e l /\ time e = t.
Proof. unfold at_time. now rewrite filter_In, Z.eqb_eq. Qed.

Lemma sorted_head_first e l f m : sorted (f :: m) -> same_ties (e :: l) (f :: m) -> time f <= time e.
Proof.
  intros S T. assert (In e (at_time (time e) (f :: m))) as I.
  { rewrite <- T. apply at_time_in. split; [now left|reflexivity]. }
  apply at_time_in in I as [[->|I] _]; [lia|].
  inversion S as [|? ? F _]; subst. unfold from in F. rewrite Forall_forall in F. now apply F.
Qed.

(** Time and ties decide the order: there is one sorted list for them. *)
Lemma sorted_unique l m : sorted l -> sorted m -> same_ties l m -> l = m.
Proof.
  intros Hl. revert m. induction Hl as [|e l He Hl IH]; intros m Hm T.
  - destruct m as [|f m]; [reflexivity|]. specialize (T (time f)). simpl in T.
    now rewrite Z.eqb_refl in T.
  - destruct m as [|f m]. { specialize (T (time e)). simpl in T. now rewrite Z.eqb_refl in T. }
    assert (time f <= time e) by (eapply sorted_head_first; eauto).
    assert (time e <= time f).
    { eapply sorted_head_first; [|intros t; symmetry; apply T]. now constructor. }
    assert (time e = time f) as E by lia. pose proof (T (time e)) as Te. simpl in Te.
    rewrite E, Z.eqb_refl in Te. injection Te as -> _. f_equal.
    inversion Hm; subst. apply IH; auto. intros t. specialize (T t). simpl in T.
    destruct (time f =? t); [now injection T|exact T].
Qed.

(** Rule 1: the order of arrival decides ties and nothing else. *)
Lemma order_decides_only_ties l m : same_ties l m -> in_order l = in_order m.
Proof.
  intros T. apply sorted_unique; auto using in_order_sorted.
  intros t. now rewrite !in_order_stable.
Qed.

Lemma filter_permutation (keep : event -> bool) l m :
  Permutation l m -> Permutation (filter keep l) (filter keep m).
Proof.
  induction 1 as [|e l m _ IH|e f l|l m n _ IH1 _ IH2]; simpl; auto.
  - destruct (keep e); auto.
  - destruct (keep e), (keep f); auto. apply perm_swap.
  - now rewrite IH1.
Qed.

(** Where no two events have one time, it decides nothing. *)
Lemma distinct_times_have_no_ties l m :
  NoDup (map time l) -> Permutation l m -> same_ties l m.
Proof.
  intros D P t. apply (filter_permutation (fun e => time e =? t)) in P. fold (at_time t l) (at_time t m) in P.
  assert ((length (at_time t l) <= 1)%nat) as L.
  { clear P. induction l as [|e l IH]; simpl; [lia|]. inversion D as [|? ? N D']; subst.
    destruct (Z.eqb_spec (time e) t) as [E|]; [|auto]. simpl.
    destruct (at_time t l) as [|f r] eqn:A; simpl; [lia|]. exfalso. apply N. rewrite E.
    assert (In f (at_time t l)) as I by (rewrite A; now left).
    apply at_time_in in I as [I <-]. now apply in_map. }
  destruct (at_time t l) as [|e [|f r]]; simpl in L; [| |lia].
  - now apply Permutation_nil in P.
  - now apply Permutation_length_1_inv in P.
Qed.

(** The times come out in one order, whatever the order of arrival. *)
Lemma sorted_times l m :
  sorted l -> sorted m -> Permutation (map time l) (map time m) -> map time l = map time m.
Proof.
  intros Hl. revert m. induction Hl as [|e l He Hl IH]; intros m Hm P.
  - simpl in P. apply Permutation_nil in P. now rewrite P.
  - destruct m as [|f m]; [symmetry in P; now apply Permutation_nil in P|]. simpl in *.
    inversion Hm as [|? ? Hf Hm']; subst.
    assert (time e = time f) as E.
    { assert (In (time e) (time f :: map time m)) as Ie by (rewrite <- P; now left).
      assert (In (time f) (time e :: map time l)) as If by (rewrite P; now left).
      unfold from in He, Hf. rewrite Forall_forall in He, Hf.
      destruct Ie as [Ie|Ie]; [lia|]. destruct If as [If|If]; [lia|].
      apply in_map_iff in Ie as (x & Ex & Ix). apply in_map_iff in If as (y & Ey & Iy).
      apply He in Iy. apply Hf in Ix. lia. }
    rewrite E in *. f_equal. apply IH; auto. now apply Permutation_cons_inv in P.
Qed.

Lemma times_in_order l m : Permutation l m -> map time (in_order l) = map time (in_order m).
Proof.
  intros P. apply sorted_times; auto using in_order_sorted. apply Permutation_map.
  now rewrite <- !in_order_permutation.
Qed.

(** ** Sorting in pieces *)

Lemma insert_into_sorted e l m : (forall f, In f l -> time f < time e) -> insert e (l ++ m) = l ++ insert e m.
Proof.
  induction l as [|f l IH]; simpl; intros H; [reflexivity|].
  destruct (Z.leb_spec (time e) (time f)); [specialize (H f (or_introl eq_refl)); lia|].
  f_equal. apply IH. auto.
Qed.

Lemma insert_before e l m : from (time e) m -> insert e (l ++ m) = insert e l ++ m.
Proof.
  intros H. induction l as [|f l IH]; simpl; [now apply insert_first|].
  destruct (time e <=? time f); [reflexivity|]. simpl. now rewrite IH.
Qed.

Lemma filter_insert (keep : event -> bool) e l :
  sorted l -> filter keep (insert e l) = if keep e then insert e (filter keep l) else filter keep l.
Proof.
  induction 1 as [|f l Hf Hl IH]; simpl; [reflexivity|].
  destruct (Z.leb_spec (time e) (time f)) as [L|L]; simpl.
  - destruct (keep e) eqn:K; [|reflexivity].
    destruct (keep f); simpl; [now destruct (Z.leb_spec (time e) (time f)); [|lia]|].
    symmetry. apply insert_first, Forall_forall. intros g I. apply filter_In in I as [I _].
    unfold from in Hf. rewrite Forall_forall in Hf. apply Hf in I. lia.
  - rewrite IH. destruct (keep e), (keep f); simpl; try reflexivity.
    destruct (Z.leb_spec (time e) (time f)); [lia|reflexivity].
Qed.

(** Leaving events out and sorting go in either order. *)
Lemma filter_in_order (keep : event -> bool) l : filter keep (in_order l) = in_order (filter keep l).
Proof.
  induction l as [|e l IH]; simpl; [reflexivity|].
  rewrite filter_insert by apply in_order_sorted. rewrite IH. now destruct (keep e).
Qed.

(** The events that wait may be kept sorted, as the checkpoint keeps them. *)
Lemma in_order_of_kept kept later : in_order (in_order kept ++ later) = in_order (kept ++ later).
Proof.
  apply order_decides_only_ties. intros t. unfold at_time. rewrite !filter_app.
  f_equal. apply in_order_stable.
Qed.

(** ** The order by time and number *)

(** Events with the number of their arrival. *)
Fixpoint numbered (n : nat) (l : list event) : list (nat * event) :=
  match l with
  | [] => []
  | e :: rest => (n, e) :: numbered (S n) rest
  end.

(** The total order of rule 4. *)
Definition before (a b : nat * event) : Prop :=
  time (snd a) < time (snd b) \/ time (snd a) = time (snd b) /\ (fst a < fst b)%nat.

Inductive ascending : list (nat * event) -> Prop :=
| ascending_nil : ascending []
| ascending_cons a l : Forall (before a) l -> ascending l -> ascending (a :: l).

(** [in_order] is the arrangement of the numbered events in the total order (t, seq). *)
Theorem in_order_is_the_order_of_time_and_number l : forall n,
  exists s, Permutation (numbered n l) s /\ ascending s /\ in_order l = map snd s.
Proof.
  enough (forall n, exists s, Permutation (numbered n l) s /\ ascending s /\ in_order l = map snd s
                     /\ Forall (fun a => (n <= fst a)%nat) s) as H.
  { intros n. destruct (H n) as (s & P & A & E & _). eauto. }
  induction l as [|e l IH]; intros n; simpl.
  - exists []. repeat split; constructor.
  - destruct (IH (S n)) as (s & P & A & E & N). rewrite E. clear E.
    cut (exists s', Permutation ((n, e) :: s) s' /\ ascending s' /\ insert e (map snd s) = map snd s').
    { intros (s' & P' & A' & E'). exists s'. split; [|split; [|split]]; auto.
      - now rewrite <- P', P.
      - rewrite <- P'. constructor; simpl; [lia|]. eapply Forall_impl; [|exact N]. simpl. intros; lia. }
    clear P IH. induction A as [|a s Ha A IH]; simpl.
    + exists [(n, e)]. repeat constructor.
    + inversion N as [|? ? Na Ns]; subst. destruct (Z.leb_spec (time e) (time (snd a))) as [L|L].
      * exists ((n, e) :: a :: s). split; [reflexivity|]. split; [|reflexivity].
        constructor; [|now constructor]. apply Forall_forall. intros b I. unfold before. simpl.
        rewrite Forall_forall in Ha, Ns. destruct I as [<-|I]; [lia|].
        specialize (Ha b I). specialize (Ns b I). unfold before in Ha. lia.
      * destruct (IH Ns) as (s' & P' & A' & E'). exists (a :: s'). split; [|split].
        -- now rewrite perm_swap, P'.
        -- constructor; auto. rewrite <- P'. constructor; auto. left. simpl. lia.
        -- simpl. now rewrite E'.
Qed.
