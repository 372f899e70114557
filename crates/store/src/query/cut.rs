//! Conditions that a cut key does not decide (decision record 0084). The few objects whose keys are
//! cut stand in indexes of their own. Where there are none, a condition is answered as if keys were
//! never cut. Where there are some, SQL decides about all others, and their documents about them.

use super::keys;
use super::parts::subtree;
use crate::query::compose::{BoundValue, Composed};
use crate::query::kind::{Column, KeyedMember, Member, Table};
use crate::sql::IS_CUT;
use edm::Property;
use odata::filter::{Filter, Node, Origin};

/// The index of the elements whose keys are cut.
const CUT_VALUES: &str = "user_values_cut";

/// Where keys are that may be cut.
#[derive(Debug, Clone)]
pub(crate) enum CutTarget {
    /// In a key column.
    Column(&'static Column),
    /// In the table of values, under the name of a member.
    Element(KeyedMember),
}

impl CutTarget {
    fn property(&self) -> &Property {
        match self {
            Self::Column(column) => column.property,
            Self::Element(member) => member.of(),
        }
    }
}

impl PartialEq for CutTarget {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // Each table is described once, so equal columns have the same address.
            (Self::Column(one), Self::Column(other)) => core::ptr::eq(*one, *other),
            (Self::Element(one), Self::Element(other)) => one == other,
            _ => false,
        }
    }
}

/// The columns and members of which a condition needs whole keys, and some keys are cut. Empty for
/// nearly every condition, and in nearly every directory.
#[derive(Debug, Clone, Default)]
pub(crate) struct CutKeys {
    targets: Vec<CutTarget>,
}

impl CutKeys {
    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Whether keys of the member are among them.
    pub(crate) fn has(&self, member: &Member) -> bool {
        self.targets
            .iter()
            .any(|target| matches!(target, CutTarget::Element(own) if *own == *member))
    }

    /// Only those of which the tenant has cut keys.
    pub(crate) fn only(self, has_some: impl Fn(&CutTarget) -> bool) -> Self {
        let targets = self.targets.into_iter();
        Self {
            targets: targets.filter(|target| has_some(target)).collect(),
        }
    }

    pub(crate) fn targets(&self) -> &[CutTarget] {
        &self.targets
    }
}

/// The columns and members of which the condition needs whole keys, and keys may be cut.
pub(crate) fn possible_targets(table: &'static Table, filter: &Filter) -> CutKeys {
    let mut cut_keys = CutKeys::default();
    for node in filter.nodes() {
        let target = match node {
            Node::Compare { path, .. } | Node::Text { path, .. }
                if path.origin == Origin::Object && keys::needs_whole(node) =>
            {
                match path.steps.as_slice() {
                    [property] if let Some(column) = table.column(property) => {
                        Some(CutTarget::Column(column))
                    }
                    steps => table.member(steps).map(CutTarget::Element),
                }
            }
            Node::Lambda {
                path,
                body: Some(body),
                ..
            } if path.origin == Origin::Object
                && subtree(filter, *body)
                    .is_some_and(|nodes| nodes.iter().any(keys::needs_whole)) =>
            {
                table.member(&path.steps).map(CutTarget::Element)
            }
            _ => None,
        };
        if let Some(target) = target.filter(|target| keys::may_be_cut(target.property()))
            && !cut_keys.targets.contains(&target)
        {
            cut_keys.targets.push(target);
        }
    }
    cut_keys
}

/// Renders the question whether the tenant has such a cut key; for a column, whether a row has a
/// cut key in any column. [`undecided_condition`] tells which column it is.
pub(crate) fn select_any(out: &mut Composed, target: &CutTarget) {
    out.push("SELECT 1");
    match target {
        CutTarget::Column(_) => rows(out),
        CutTarget::Element(member) => elements(out, member),
    }
    out.push(" LIMIT 1");
}

/// ` FROM … WHERE …`: the rows `u` with a cut key in any column.
fn rows(out: &mut Composed) {
    let index = &out.kind().table.cut_index;
    out.push(" FROM ").table().push(" u");
    out.by_index().push(index.index);
    out.push(" WHERE u.tenant_id = ?1 AND (")
        .push(&index.predicate)
        .push(")");
}

/// ` FROM … WHERE …`: the cut keys `v` of a member.
fn elements(out: &mut Composed, member: &Member) {
    out.push(" FROM user_values v").by_index();
    out.push(CUT_VALUES)
        .push(" WHERE v.tenant_id = ?1 AND v.property = ")
        .bind(BoundValue::Text(member.kept.clone()))
        .push(" AND length(v.key)")
        .push(IS_CUT);
}

/// Renders the condition that documents decide about the object `u`.
pub(crate) fn undecided_condition(out: &mut Composed, cut_keys: &CutKeys) {
    for (nth, target) in cut_keys.targets.iter().enumerate() {
        out.push(if nth == 0 { "(" } else { " OR " });
        match target {
            CutTarget::Column(column) => {
                out.push("length(").column(column).push(")");
                out.push(IS_CUT);
            }
            CutTarget::Element(member) => {
                out.push("EXISTS (SELECT 1");
                elements(out, member);
                out.push(" AND v.object_id = u.id)");
            }
        }
    }
    out.push(")");
}

/// Selects the ids of the objects that documents decide about; of others too, and some twice.
pub(crate) fn select_ids(out: &mut Composed, cut_keys: &CutKeys) {
    let mut has_rows = false;
    let mut parts = 0;
    for target in &cut_keys.targets {
        if matches!(target, CutTarget::Column(_)) && std::mem::replace(&mut has_rows, true) {
            continue;
        }
        if parts > 0 {
            out.push(" UNION ALL ");
        }
        parts += 1;
        match target {
            CutTarget::Column(_) => {
                out.push("SELECT u.id");
                rows(out);
            }
            CutTarget::Element(member) => {
                out.push("SELECT v.object_id");
                elements(out, member);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CutKeys, CutTarget, possible_targets, select_any};
    use crate::engine::sqlite_for_tests;
    use crate::query::compose::{Composed, Context};
    use crate::query::dialect::Dialect;
    use crate::query::kind::Kind;
    use crate::query::plan::AccessPlan;
    use crate::query::statement::{self, Judged, Wanted};
    use crate::sql::Scope;
    use crate::sql::lint::fault;
    use crate::{InvitationRow, TenantId, Users};
    use edm::{complex::extension_attributes, invitation, user};
    use futures_util::FutureExt as _;
    use odata::filter::{Filter, Matching, Node, NodeId, Origin, Path};
    use uuid::Uuid;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));

    fn text(steps: Vec<edm::Prop>, how: Matching, text: &str) -> Node {
        let origin = Origin::Object;
        let (path, text) = (Path { origin, steps }, text.to_owned());
        Node::Text { path, how, text }
    }

    /// Whether there are cut keys is one look-up in an index of them, and so is reading them: never
    /// a walk over all objects.
    #[test]
    fn cut_keys_are_found_by_their_indexes() {
        let mut on = sqlite_for_tests("cut keys");
        let long = "x".repeat(1_025);
        let inner = &extension_attributes::EXTENSION_ATTRIBUTE_1;
        let steps = vec![
            (&user::ON_PREMISES_EXTENSION_ATTRIBUTES).into(),
            inner.into(),
        ];
        let nodes = vec![
            text(vec![(&user::JOB_TITLE).into()], Matching::Contains, "x"),
            text(vec![(&user::CITY).into()], Matching::StartsWith, &long),
            text(steps, Matching::EndsWith, "x"),
            Node::Or((0..3).map(NodeId).collect()),
        ];
        let of_users = Filter::new(nodes).unwrap();
        let name = vec![(&invitation::INVITED_USER_DISPLAY_NAME).into()];
        let of_invitations = Filter::new(vec![text(name, Matching::Contains, "x")]).unwrap();
        let cases: [(Kind, Filter, usize, &[&str]); 3] = [
            (
                Users::Live.kind(),
                of_users.clone(),
                3,
                &["users_cut_keys", "user_values_cut"],
            ),
            (
                Users::Deleted.kind(),
                of_users,
                3,
                &["users_cut_keys", "user_values_cut"],
            ),
            (
                InvitationRow::all().kind,
                of_invitations,
                1,
                &["invitations_cut_keys"],
            ),
        ];
        for (kind, filter, count, indexes) in cases {
            let context = Context {
                dialect: Dialect::Sqlite,
                tenant: TENANT,
                kind,
            };
            let cut_keys = possible_targets(kind.table, &filter);
            assert_eq!(cut_keys.targets().len(), count);
            let mut lines = |composed: &Composed| {
                let text = composed.text();
                assert_eq!(fault(Scope::Tenant, text), None, "{text}");
                on.explained(composed).now_or_never().unwrap().unwrap()
            };
            for target in cut_keys.targets() {
                let mut composed = Composed::new(context);
                select_any(&mut composed, target);
                let found = lines(&composed);
                let index = match target {
                    CutTarget::Column(_) => indexes.first(),
                    CutTarget::Element(_) => indexes.last(),
                };
                assert!(
                    found.len() == 1 && found[0].contains(index.unwrap()),
                    "{found:?}"
                );
            }
            let access = AccessPlan::of_cut_keys(kind, cut_keys);
            let rows = Wanted::Rows("u.id", Judged::ByDocument);
            let some = Some(&filter);
            let made = statement::statement(context, &access, some, rows, None, 10).unwrap();
            assert!(made.exact);
            let found = lines(&made.composed);
            assert!(
                found[0].starts_with("SEARCH u USING INDEX sqlite_autoindex"),
                "{found:?}"
            );
            assert!(
                !found.iter().any(|line| line.contains("SCAN u")),
                "{found:?}"
            );
            for index in indexes {
                assert!(found.iter().any(|line| line.contains(index)), "{found:?}");
            }
        }
    }

    /// Only what a cut key does not decide is asked of documents, and only of properties whose
    /// values may be that long.
    #[test]
    fn most_conditions_ask_for_no_cut_keys() {
        let table = Users::Live.kind().table;
        for (property, how, word, is_asked) in [
            (&user::DISPLAY_NAME, Matching::StartsWith, "x", false),
            (&user::DISPLAY_NAME, Matching::Contains, "", false),
            (&user::DISPLAY_NAME, Matching::Contains, "x", true),
            (&user::SURNAME, Matching::Contains, "x", false),
            (&user::USER_TYPE, Matching::EndsWith, "x", false),
        ] {
            let filter = Filter::new(vec![text(vec![property.into()], how, word)]).unwrap();
            let cut_keys: CutKeys = possible_targets(table, &filter);
            assert_eq!(
                !cut_keys.is_empty(),
                is_asked,
                "{} {how:?} {word}",
                property.name()
            );
        }
    }
}
