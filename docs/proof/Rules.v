(** Rules besides the gap (docs/semantics.md, "Rules besides the gap"), and rule 8 as far as ordinals go: one fold for all of
    them, as [RuledKey] in src/rules/state.rs has it. Closing at the watermark commutes for every choice of rules. *)
From Sessionize Require Export Gap.

(** Why a session is complete. [GapOrEnd]: the gap, or a finalize; which of the two does depend on when the finalize comes. *)
Inductive reason := GapOrEnd | MaxDuration | Midnight | StartOn | SplitOn | MaxEvents | EndOn.

(** What a checkpoint's definition asks for. Any functions will do, but that an event covers its own time. *)
Record rules := Rules {
  (** What splits and aggregates know of an open session that began at a time; an event taken in. *)
  memory : Type;
  nothing_known : Z -> memory;
  remember : memory -> event -> memory;
  (** Gap by row: the last instant at which an event still keeps the gap of this one. *)
  covers : event -> Z;
  covers_itself : forall e, time e <= covers e;
  (** Why the event cannot go on with a session whose gap it keeps. *)
  splits : span -> memory -> event -> option reason;
  (** Whether its session is complete with this event. *)
  ends : event -> bool;
  (** What makes two events the same, where duplicates are dropped. *)
  identity : event -> option (list byte);
}.

Section OneDefinition.
Context (R : rules).

(** [RuledSession]: what is open. *)
Record ruled := Ruled { span_so_far : span; ordinal : nat; reach : Z; known : memory R; identities : list (list byte) }.

(** [Before]: what is remembered of the last complete session. *)
Record recent := Recent { its_start : Z; its_ordinal : nat; its_end : Z; its_identities : list (list byte) }.

(** [RuledKey]: everything of a key but its tail. *)
Definition ruled_key := (option ruled * option recent)%type.

(** A complete session. Key, start and ordinal are its id (rule 8). *)
Record told := Told { its_span : span; of_ordinal : nat; its_reason : reason; its_memory : memory R }.

(** [RuledKey::close] *)
Definition close (why : reason) (k : ruled_key) : ruled_key * list told :=
  match k with
  | (None, _) => (k, [])
  | (Some s, b) =>
      let at_its_end := match b with
        | Some r => if its_end r =? last_at (span_so_far s) then its_identities r else []
        | None => []
        end in
      ((None, Some (Recent (first_at (span_so_far s)) (ordinal s) (last_at (span_so_far s))
                     (identities s ++ at_its_end))),
       [Told (span_so_far s) (ordinal s) why (known s)])
  end.

(** Rule 5: closes a session whose reach ends before [t]. *)
Definition close_before (t : Z) (k : ruled_key) : ruled_key * list told :=
  match fst k with
  | Some s => if reach s <? t then close GapOrEnd k else (k, [])
  | None => (k, [])
  end.

Definition has (i : list byte) (l : list (list byte)) : bool :=
  existsb (fun j => if key_eq_dec i j then true else false) l.

(** A duplicate of an event in the open session, or in one that ended at its very time. *)
Definition is_duplicate (k : ruled_key) (e : event) : bool :=
  match identity R e with
  | None => false
  | Some i =>
      match fst k with Some s => has i (identities s) | None => false end
      || match snd k with Some r => (its_end r =? time e) && has i (its_identities r) | None => false end
  end.

(** [RuledSession::begin]: with the next ordinal where the last session began at the same instant. *)
Definition begun (b : option recent) (t : Z) : ruled :=
  let twin := match b with Some r => if its_start r =? t then S (its_ordinal r) else 0%nat | None => 0%nat end in
  Ruled (Span t t 0) twin t (nothing_known R t) [].

(** [RuledSession::take] *)
Definition taken (s : ruled) (e : event) : ruled :=
  Ruled (extend (span_so_far s) (time e)) (ordinal s) (Z.max (reach s) (covers R e)) (remember R (known s) e)
    (match identity R e with Some i => i :: identities s | None => identities s end).

(** The rest of [RuledKey::fold], behind the gap: duplicates, splits, and [ends]. *)
Definition fold_in (k : ruled_key) (e : event) : ruled_key * list told :=
  if is_duplicate k e then (k, []) else
  let (k1, split) := match fst k with
    | Some s => match splits R (span_so_far s) (known s) e with Some why => close why k | None => (k, []) end
    | None => (k, [])
    end in
  let s := taken (match fst k1 with Some s => s | None => begun (snd k1) (time e) end) e in
  let k2 := (Some s, snd k1) in
  let (k3, ended) := if ends R e then close EndOn k2 else (k2, []) in
  (k3, split ++ ended).

Definition ruled_step (k : ruled_key) (e : event) : ruled_key * list told :=
  let (k1, passed) := close_before (time e) k in
  let (k2, more) := fold_in k1 e in
  (k2, passed ++ more).

(** What no event at or after [w] can meet any more is forgotten. *)
Definition recalled (w : Z) (b : option recent) : option recent :=
  match b with Some r => if its_end r <? w then None else b | None => None end.

(** [RuledKey::close_passed] *)
Definition ruled_pass (w : Z) (k : ruled_key) : ruled_key * list told :=
  let (k1, passed) := close_before w k in ((fst k1, recalled w (snd k1)), passed).

Definition ruled_finish (k : ruled_key) : list told := snd (close GapOrEnd k).

Definition ruled_fold : fold := Fold ruled_key told (None, None) ruled_step ruled_pass ruled_finish.

(** ** The proof *)

(** Nothing lies behind [w] but what a session covers. *)
Definition tidy (w : Z) (k : ruled_key) : Prop :=
  match fst k with
  | Some s => first_at (span_so_far s) <= last_at (span_so_far s) <= w /\ last_at (span_so_far s) <= reach s
  | None => True
  end /\
  match snd k with Some r => its_start r <= its_end r <= w | None => True end.

(** The same but for what no event at or after [w] can meet. *)
Definition alike (w : Z) (j k : ruled_key) : Prop :=
  fst j = fst k /\ recalled w (snd j) = recalled w (snd k) /\ tidy w j /\ tidy w k.

Lemma recalled_later w v b c : w <= v -> recalled w b = recalled w c -> recalled v b = recalled v c.
Proof.
  intros L. unfold recalled. destruct b as [r|], c as [q|]; auto;
    repeat match goal with |- context [?x <? ?y] => destruct (Z.ltb_spec x y) end; intros E;
    try congruence; try lia; inversion E; subst; lia.
Qed.

Lemma tidy_later w v k : w <= v -> tidy w k -> tidy v k.
Proof. intros L. destruct k as [[s|] [r|]]; unfold tidy; simpl; intuition lia. Qed.

Lemma alike_later w v j k : w <= v -> alike w j k -> alike v j k.
Proof.
  intros L (E & Q & T & U). split; [exact E|]. split; [now apply recalled_later with w|].
  split; now apply tidy_later with w.
Qed.

(** What is remembered at an instant from [w] on is the same in states that are alike. *)
Lemma alike_recent w b c : recalled w b = recalled w c -> 
  b = c \/ (match b with Some r => its_end r < w | None => True end /\ match c with Some r => its_end r < w | None => True end).
Proof.
  unfold recalled. destruct b as [r|], c as [q|]; auto;
    repeat match goal with |- context [?x <? ?y] => destruct (Z.ltb_spec x y) end; auto; discriminate.
Qed.

Lemma close_tidy why w k : tidy w k -> tidy w (fst (close why k)).
Proof. destruct k as [[s|] b]; unfold tidy; simpl; intuition. Qed.

Lemma close_alike why w j k : alike w j k ->
  snd (close why j) = snd (close why k) /\ alike w (fst (close why j)) (fst (close why k)).
Proof.
  intros (E & Q & T & U). destruct j as [o b], k as [o' c]. simpl in E, Q. subst o'.
  destruct o as [s|]; simpl; [|now repeat split; try apply T; try apply U].
  split; [reflexivity|]. split; [reflexivity|]. split; [|split; [now apply (close_tidy why w (Some s, b))|now apply (close_tidy why w (Some s, c))]].
  simpl. destruct (Z.ltb_spec (last_at (span_so_far s)) w) as [L|L]; [reflexivity|].
  destruct (alike_recent _ _ _ Q) as [->|[B C]]; [reflexivity|].
  repeat f_equal. transitivity (@nil (list byte)).
  - destruct b as [r|]; [|reflexivity]. destruct (Z.eqb_spec (its_end r) (last_at (span_so_far s))); [lia|reflexivity].
  - destruct c as [r|]; [|reflexivity]. destruct (Z.eqb_spec (its_end r) (last_at (span_so_far s))); [lia|reflexivity].
Qed.

Lemma close_before_alike t w j k : alike w j k ->
  snd (close_before t j) = snd (close_before t k) /\ alike w (fst (close_before t j)) (fst (close_before t k)).
Proof.
  intros A. pose proof A as (E & _). unfold close_before. rewrite E.
  destruct (fst k) as [s|]; [destruct (reach s <? t); [now apply close_alike|]|]; now split.
Qed.

Lemma is_duplicate_alike w j k e : alike w j k -> w <= time e -> is_duplicate j e = is_duplicate k e.
Proof.
  intros (E & Q & _) W. unfold is_duplicate. destruct (identity R e) as [i|]; [|reflexivity]. rewrite E. f_equal.
  destruct (alike_recent _ _ _ Q) as [->|[B C]]; [reflexivity|]. transitivity false.
  - destruct (snd j) as [r|]; [|reflexivity]. destruct (Z.eqb_spec (its_end r) (time e)); [lia|reflexivity].
  - destruct (snd k) as [r|]; [|reflexivity]. destruct (Z.eqb_spec (its_end r) (time e)); [lia|reflexivity].
Qed.

(** A session that begins at or after [w] has no twin among what may be forgotten. *)
Lemma begun_alike w j k t : alike w j k -> w <= t -> begun (snd j) t = begun (snd k) t.
Proof.
  intros (_ & Q & (_ & T) & (_ & U)) W. unfold begun. f_equal.
  destruct (alike_recent _ _ _ Q) as [->|[B C]]; [reflexivity|]. transitivity 0%nat.
  - destruct (snd j) as [r|]; [|reflexivity]. destruct (Z.eqb_spec (its_start r) t); [lia|reflexivity].
  - destruct (snd k) as [r|]; [|reflexivity]. destruct (Z.eqb_spec (its_start r) t); [lia|reflexivity].
Qed.

Lemma fold_in_alike w j k e : alike w j k -> w <= time e ->
  snd (fold_in j e) = snd (fold_in k e) /\ alike (time e) (fst (fold_in j e)) (fst (fold_in k e)).
Proof.
  intros A W. unfold fold_in. rewrite (is_duplicate_alike w j k e A W).
  destruct (is_duplicate k e); simpl; [split; [reflexivity|now apply alike_later with w]|].
  set (split_of := fun k : ruled_key => match fst k with
    | Some s => match splits R (span_so_far s) (known s) e with Some why => close why k | None => (k, []) end
    | None => (k, []) end).
  change (match fst j with Some s => match splits R (span_so_far s) (known s) e with Some why => close why j | None => (j, []) end | None => (j, []) end) with (split_of j).
  change (match fst k with Some s => match splits R (span_so_far s) (known s) e with Some why => close why k | None => (k, []) end | None => (k, []) end) with (split_of k).
  assert (snd (split_of j) = snd (split_of k) /\ alike w (fst (split_of j)) (fst (split_of k))) as [S A1].
  { unfold split_of. pose proof A as (E & _). rewrite E. destruct (fst k) as [s|]; [|now split].
    destruct (splits R (span_so_far s) (known s) e); [now apply close_alike|now split]. }
  destruct (split_of j) as [j1 told1], (split_of k) as [k1 told2]. simpl in S, A1. subst told2.
  pose proof A1 as (E1 & Q1 & T1 & U1). rewrite E1, (begun_alike w j1 k1 (time e) A1 W).
  set (s := taken (match fst k1 with Some s => s | None => begun (snd k1) (time e) end) e).
  assert (alike (time e) (Some s, snd j1) (Some s, snd k1)) as A2.
  { destruct T1 as [_ T1], U1 as [U0 U1].
    assert (first_at (span_so_far s) <= last_at (span_so_far s) <= time e /\ last_at (span_so_far s) <= reach s) as I.
    { unfold s. pose proof (covers_itself R e). destruct (fst k1); simpl; lia. }
    split; [reflexivity|]. split; [now apply recalled_later with w|].
    split; (split; [exact I|]); simpl; [destruct (snd j1)|destruct (snd k1)]; auto; lia. }
  destruct (ends R e).
  - destruct (close_alike EndOn _ _ _ A2) as [E2 A3].
    simpl in *. now split.
  - simpl. now split.
Qed.

Lemma step_alike w j k e : alike w j k -> w <= time e ->
  snd (ruled_step j e) = snd (ruled_step k e) /\ alike (time e) (fst (ruled_step j e)) (fst (ruled_step k e)).
Proof.
  intros A W. unfold ruled_step. destruct (close_before_alike (time e) w j k A) as [E A1].
  destruct (close_before (time e) j) as [j1 t1], (close_before (time e) k) as [k1 t2]. simpl in E, A1. subst.
  destruct (fold_in_alike w j1 k1 e A1 W) as [E A2].
  destruct (fold_in j1 e), (fold_in k1 e). simpl in *. now rewrite E.
Qed.

(** Forgetting is not noticed. *)
Lemma recalled_alike w k : tidy w k -> alike w (fst k, recalled w (snd k)) k.
Proof.
  intros T. split; [reflexivity|]. split; [|split; [|exact T]]; destruct k as [o [r|]]; unfold tidy in *; simpl in *;
    auto; destruct (Z.ltb_spec (its_end r) w); simpl; intuition; destruct (Z.ltb_spec (its_end r) w); auto; lia.
Qed.

(** Closing at the watermark and then at the event is closing at the event. *)
Lemma close_before_twice w t k : w <= t ->
  fst (close_before t k) = fst (close_before t (fst (close_before w k))) /\
  snd (close_before t k) = snd (close_before w k) ++ snd (close_before t (fst (close_before w k))).
Proof.
  intros W. unfold close_before. destruct k as [[s|] b]; simpl; [|now split].
  destruct (Z.ltb_spec (reach s) w); simpl.
  - destruct (Z.ltb_spec (reach s) t); [simpl; now split|lia].
  - destruct (Z.ltb_spec (reach s) t); simpl; now split.
Qed.

Lemma close_before_tidy t w k : tidy w k -> tidy w (fst (close_before t k)).
Proof.
  intros T. unfold close_before. destruct (fst k) as [s|]; [|exact T].
  destruct (reach s <? t); [now apply close_tidy|exact T].
Qed.

Lemma pass_alike w k : tidy w k -> alike w (fst (ruled_pass w k)) (fst (close_before w k)).
Proof.
  intros T. unfold ruled_pass. pose proof (close_before_tidy w w k T) as T'.
  destruct (close_before w k) as [k1 t1]. now apply recalled_alike.
Qed.

Lemma pass_tidy w k : tidy w k -> tidy w (fst (ruled_pass w k)).
Proof. intros T. now destruct (pass_alike w k T) as (_ & _ & T' & _). Qed.

Lemma pass_tells w k : snd (ruled_pass w k) = snd (close_before w k).
Proof. unfold ruled_pass. now destruct (close_before w k). Qed.

Lemma step_after_pass w k e : tidy w k -> w <= time e ->
  snd (ruled_step k e) = snd (ruled_pass w k) ++ snd (ruled_step (fst (ruled_pass w k)) e) /\
  alike (time e) (fst (ruled_step k e)) (fst (ruled_step (fst (ruled_pass w k)) e)).
Proof.
  intros T W. pose proof (pass_alike w k T) as A. rewrite pass_tells.
  assert (snd (ruled_step k e) = snd (close_before w k) ++ snd (ruled_step (fst (close_before w k)) e)
          /\ fst (ruled_step k e) = fst (ruled_step (fst (close_before w k)) e)) as [-> ->].
  { destruct (close_before_twice w (time e) k W) as [E1 E2]. unfold ruled_step.
    destruct (close_before (time e) k) as [k1 t1], (close_before w k) as [k2 t2]. simpl in *.
    destruct (close_before (time e) k2) as [k3 t3]. simpl in *. subst.
    destruct (fold_in k3 e). simpl. now rewrite app_assoc. }
  destruct (step_alike w _ _ e A W) as [E B]. rewrite E. split; [reflexivity|].
  destruct B as (B1 & B2 & B3 & B4). repeat split; auto; try apply B3; try apply B4.
Qed.

(** Where a fold has come in order, all is tidy. *)
Definition tidy_at (t : watermark) (k : ruled_key) : Prop :=
  match t with None => k = (None, None) | Some w => tidy w k end.

Lemma tidy_at_later t w k : tidy_at t k -> at_most t (Some w) -> tidy w k.
Proof. destruct t as [t|]; simpl; [intros; now apply tidy_later with t|intros -> _; now split]. Qed.

Lemma reachable_tidy t k : @reachable ruled_fold t k -> tidy_at t k.
Proof.
  induction 1 as [|t k e _ IH L|t k w _ IH L]; [reflexivity| |]; pose proof (tidy_at_later _ _ _ IH L) as T; simpl.
  - destruct (step_alike (time e) k k e) as [_ (_ & _ & T' & _)]; [repeat split; apply T|lia|exact T'].
  - now apply pass_tidy.
Qed.

(** For every choice of rules the theorems hold. *)
Theorem ruled_fold_lawful : lawful_fold ruled_fold.
Proof.
  split; [|split; reflexivity].
  apply closing_commutes_one_event_at_a_time with (good := tidy_at) (alike := alike).
  - apply reachable_tidy.
  - intros w j k e A W. now apply step_alike with w.
  - intros w j k A. now destruct (close_alike GapOrEnd w j k A).
  - intros t k w e T L W. exact (step_after_pass w k e (tidy_at_later t w k T L) W).
  - intros k w. simpl. unfold ruled_finish, ruled_pass, close_before.
    destruct k as [[s|] b]; simpl; [|reflexivity]. now destruct (reach s <? w).
Qed.
End OneDefinition.

(** ** Instances *)

(** Each rule by itself: what it knows, and when it splits. [G] is the gap. *)
Section Instances.
Context (G : Z) (gap_not_negative : 0 <= G).

Lemma covers_gap e : time e <= time e + G.
Proof. lia. Qed.

Definition never {A} (_ : A) : bool := false.
Definition no_identity (_ : event) : option (list byte) := None.

(** The gap alone. *)
Definition gap_only : rules :=
  Rules unit (fun _ => tt) (fun _ _ => tt) (fun e => time e + G) covers_gap (fun _ _ _ => None) never no_identity.

(** [--max-duration]: an event more than [d] behind the start. *)
Definition max_duration (d : Z) : rules :=
  Rules unit (fun _ => tt) (fun _ _ => tt) (fun e => time e + G) covers_gap
    (fun s _ e => if time e - first_at s >? d then Some MaxDuration else None) never no_identity.

(** [--max-events]: a session that has [n] events already. *)
Definition max_events (n : nat) : rules :=
  Rules unit (fun _ => tt) (fun _ _ => tt) (fun e => time e + G) covers_gap
    (fun s _ _ => if (n <=? events s)%nat then Some MaxEvents else None) never no_identity.

(** [--split-on]: another value than the last one in the session; an empty one changes nothing. *)
Definition split_on (value : event -> list byte) : rules :=
  Rules (list byte) (fun _ => []) (fun kept e => match value e with [] => kept | v => v end)
    (fun e => time e + G) covers_gap
    (fun _ kept e => match kept, value e with
      | [], _ | _, [] => None
      | k, v => if key_eq_dec k v then None else Some SplitOn
      end) never no_identity.

(** [--split-at midnight]: a later day than that of the start, whatever a day is. *)
Definition split_at_midnight (day : Z -> Z) : rules :=
  Rules unit (fun _ => tt) (fun _ _ => tt) (fun e => time e + G) covers_gap
    (fun s _ e => if day (time e) >? day (first_at s) then Some Midnight else None) never no_identity.

(** [--start-on] and [--end-on]. *)
Definition start_and_end_on (starts ends_it : event -> bool) : rules :=
  Rules unit (fun _ => tt) (fun _ _ => tt) (fun e => time e + G) covers_gap
    (fun _ _ e => if starts e then Some StartOn else None) ends_it no_identity.

(** [--dedup]. *)
Definition dedup (same : event -> option (list byte)) : rules :=
  Rules unit (fun _ => tt) (fun _ _ => tt) (fun e => time e + G) covers_gap (fun _ _ _ => None) never same.

(** [--gap-by], [--gap-column]: each event has a gap of its own. *)
Definition gap_by (gap_of : event -> Z) : rules.
Proof.
  refine (Rules unit (fun _ => tt) (fun _ _ => tt) (fun e => time e + Z.max 0 (gap_of e)) _
            (fun _ _ _ => None) never no_identity).
  intros e. lia.
Defined.
End Instances.

(** ** The gap itself is an instance *)

Section GapAlone.
Context (G : Z) (gap_not_negative : 0 <= G).
Let R := gap_only G gap_not_negative.

(** One open session, seen by either fold. *)
Definition same_session (k : ruled_key R) (o : option span) : Prop :=
  match fst k, o with
  | Some r, Some s => span_so_far R r = s /\ reach R r = last_at s + G
  | None, None => True
  | _, _ => False
  end.

Definition open_before (t : Z) (o : option span) : Prop := match o with Some s => last_at s <= t | None => True end.

Lemma gap_only_step k o e : same_session k o -> open_before (time e) o ->
  same_session (fst (ruled_step R k e)) (fst (gap_step G o e)) /\
  open_before (time e) (fst (gap_step G o e)) /\
  map (its_span R) (snd (ruled_step R k e)) = snd (gap_step G o e).
Proof.
  intros S B. destruct k as [[r|] b], o as [s|]; simpl in S; try contradiction.
  - destruct S as [E S]. unfold ruled_step, close_before, gap_step, joins. simpl in B. simpl.
    rewrite S. destruct (Z.ltb_spec (last_at s + G) (time e)), (Z.leb_spec (time e - last_at s) G); try lia.
    + unfold fold_in, is_duplicate, same_session. simpl. rewrite E. repeat split; simpl; lia.
    + unfold fold_in, is_duplicate, same_session. simpl. rewrite E, S. repeat split; simpl; lia.
  - unfold ruled_step, close_before, fold_in, is_duplicate, same_session. simpl. repeat split; simpl; lia.
Qed.

(** Without any rule, the fold under rules tells what the fold of the gap tells. *)
Theorem gap_only_tells_the_same l : forall k o,
  sorted l -> same_session k o -> (forall e, In e l -> open_before (time e) o) ->
  map (its_span R) (@tells (ruled_fold R) k l) = @tells (gap_fold G) o l.
Proof.
  induction l as [|e l IH]; intros k o S A B.
  - unfold tells. simpl. unfold ruled_finish. destruct k as [[r|] b], o as [s|]; simpl in *; try contradiction; [|reflexivity].
    destruct A as [-> _]. reflexivity.
  - inversion S as [|? ? He Hl]; subst.
    destruct (gap_only_step k o e A (B e (or_introl eq_refl))) as (A' & B' & T).
    change (e :: l) with ([e] ++ l). rewrite !tells_app, map_app. simpl.
    destruct (ruled_step R k e) as [k' told], (gap_step G o e) as [o' told']. simpl in *.
    rewrite !app_nil_r. rewrite T. f_equal. apply IH; auto.
    intros f I. unfold from in He. rewrite Forall_forall in He. specialize (He f I).
    destruct o' as [s|]; simpl in *; [lia|exact B'].
Qed.
End GapAlone.
