//! What waits for what in a batch: `dependsOn`, and the groups whose steps are taken at the same
//! time.

use super::json::malformed;
use super::step::BatchStep;
use crate::graph::envelope::GraphError;

/// Steps that are taken at the same time: one, or those of a group in the order of their writes.
pub(super) struct Unit {
    pub(super) members: Vec<Member>,
    pub(super) is_group: bool,
}

/// A step of a unit.
pub(super) struct Member {
    /// Its place in the batch.
    pub(super) step: usize,
    /// Places of the steps outside of its unit that must have ended well before.
    pub(super) after: Vec<usize>,
}

impl Unit {
    /// All steps outside that it waits for.
    pub(super) fn waits_for(&self) -> impl Iterator<Item = &usize> {
        self.members.iter().flat_map(|member| &member.after)
    }
}

/// Sorts the steps into units. Ids are compared in any case; a name in `dependsOn` is that of a
/// step or of a group.
///
/// # Errors
/// An id twice, a name that nobody has, or steps that wait for each other: the whole batch is
/// refused.
pub(super) fn units(steps: &[BatchStep]) -> Result<Vec<Unit>, GraphError> {
    let after = after(steps)?;
    let mut units: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let name = step.group.as_deref();
        let same = |unit: &&mut (Option<&str>, Vec<usize>)| name.is_some() && unit.0 == name;
        match units.iter_mut().find(same) {
            Some((_, members)) => members.push(at),
            None => units.push((name, vec![at])),
        }
    }
    let outside = |members: &[usize], step: usize| -> Vec<usize> {
        let all = after.get(step).into_iter().flatten().copied();
        all.filter(|other| !members.contains(other)).collect()
    };
    let mut found = Vec::with_capacity(units.len());
    for (name, members) in &units {
        let order = write_order(members, &after)?;
        found.push(Unit {
            is_group: name.is_some(),
            members: order
                .into_iter()
                .map(|step| Member {
                    step,
                    after: outside(members, step),
                })
                .collect(),
        });
    }
    check_rounds(&found)?;
    Ok(found)
}

/// Of each step the places of those it names.
fn after(steps: &[BatchStep]) -> Result<Vec<Vec<usize>>, GraphError> {
    let mut all = Vec::with_capacity(steps.len());
    for (at, step) in steps.iter().enumerate() {
        let is_same = |other: &BatchStep| other.id.eq_ignore_ascii_case(&step.id);
        if steps.iter().take(at).any(is_same) {
            let why = format!("'{}' stands twice", step.id);
            return Err(malformed(&format!("requests[{at}].id"), why));
        }
        let mut named = Vec::new();
        for name in &step.after {
            let of_id = steps
                .iter()
                .position(|other| other.id.eq_ignore_ascii_case(name));
            let of_group = steps.iter().enumerate().filter(|(_, other)| {
                of_id.is_none() && other.group.as_deref() == Some(name.as_str())
            });
            let before = named.len();
            named.extend(of_id);
            named.extend(of_group.map(|(place, _)| place));
            if named.len() == before || named.contains(&at) {
                let why = format!("'{name}' is no other step of the batch");
                return Err(malformed(&format!("requests[{at}].dependsOn"), why));
            }
        }
        all.push(named);
    }
    Ok(all)
}

/// The order in which a group writes: as it was sent, but for what waits for another of the group.
fn write_order(members: &[usize], after: &[Vec<usize>]) -> Result<Vec<usize>, GraphError> {
    let mut left = members.to_vec();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_free = |step: &usize| {
            let mut named = after.get(*step).into_iter().flatten();
            !named.any(|other| left.contains(other))
        };
        let Some(at) = left.iter().position(is_free) else {
            return Err(cycle());
        };
        order.push(left.remove(at));
    }
    Ok(order)
}

/// Whether the units can be taken one after the other.
fn check_rounds(units: &[Unit]) -> Result<(), GraphError> {
    let mut done: Vec<usize> = Vec::new();
    let mut left: Vec<&Unit> = units.iter().collect();
    while !left.is_empty() {
        let is_free = |unit: &&Unit| unit.waits_for().all(|step| done.contains(step));
        let (free, still): (Vec<_>, Vec<_>) = left.into_iter().partition(is_free);
        if free.is_empty() {
            return Err(cycle());
        }
        let steps = free.iter().flat_map(|unit| &unit.members);
        done.extend(steps.map(|member| member.step));
        left = still;
    }
    Ok(())
}

fn cycle() -> GraphError {
    malformed("requests", "steps wait for each other in a circle")
}
