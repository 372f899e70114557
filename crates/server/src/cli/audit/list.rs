//! `vestibule audit list`: who did what, newest first.

use clap::Args;
use jiff::{SignedDuration, Span, Timestamp};
use serde_json::{Value, json};
use store::{ActorKind, AuditResult, AuditRow};

use crate::cli::output::Common;
use crate::cli::stopped;
use crate::terminal::Failure;

/// List what was done, newest first
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  vestibule audit list --config vestibule.toml
  vestibule audit list --config vestibule.toml --since 7d --activity 'Delete user' --json
  vestibule audit list --config vestibule.toml --since 2026-11-30T08:00:00Z --limit 10000")]
pub struct ListArgs {
    /// Only since then: an instant such as 2026-11-30T08:00:00Z, a day, or how long ago: 90m, 24h,
    /// 7d
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Since>,
    /// Only this activity
    #[arg(long, value_name = "ACTIVITY")]
    activity: Option<String>,
    /// Only what was done to this object, by id
    #[arg(long, value_name = "ID")]
    target: Option<uuid::Uuid>,
    /// At most so many records
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    common: Common,
}

/// From when on.
#[derive(Clone, Copy, Debug)]
enum Since {
    Instant(Timestamp),
    Ago(SignedDuration),
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(Since::Instant(instant));
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        let start = day.to_zoned(jiff::tz::TimeZone::UTC);
        return start
            .map(|start| Since::Instant(start.timestamp()))
            .map_err(|error| error.to_string());
    }
    let span: Span = text
        .parse()
        .map_err(|_| "not an instant, a day, or a time such as 90m, 24h or 7d".to_owned())?;
    let relative = jiff::SpanRelativeTo::days_are_24_hours();
    let ago = span.to_duration(relative);
    ago.map(|ago| Since::Ago(ago.abs()))
        .map_err(|error| error.to_string())
}

/// Records read at a time.
const PAGE: u32 = 500;

/// Runs the command.
pub(super) fn run(args: &ListArgs) -> Result<(), Failure> {
    let rows = args.common.within(async |directory, tenant| {
        let actor = stopped::actor(directory, tenant.id).await?;
        let from = match args.since {
            Some(Since::Instant(instant)) => instant,
            Some(Since::Ago(ago)) => directory
                .now()
                .saturating_sub(ago)
                .unwrap_or(Timestamp::MIN),
            None => Timestamp::MIN,
        };
        let wanted = |row: &AuditRow| {
            let record = &row.record;
            args.activity
                .as_ref()
                .is_none_or(|activity| activity.eq_ignore_ascii_case(&record.activity))
                && args
                    .target
                    .is_none_or(|target| record.target_id == Some(target))
        };
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = directory.audit(&actor, before, PAGE).await;
            let page =
                page.map_err(|refusal| stopped::refused("cannot read the audit trail", &refusal))?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            before = Some(last.seq);
            // A clock that was set back leaves older instants behind younger ones; the sequence is
            // the order.
            let over = last.record.at < from;
            found.extend(
                page.into_iter()
                    .filter(|row| row.record.at >= from && wanted(row)),
            );
            if over || found.len() >= args.limit {
                found.truncate(args.limit);
                return Ok(found);
            }
        }
    })?;
    let cells: Vec<_> = rows.iter().map(cells).collect();
    let head = ["#", "TIME (UTC)", "ACTIVITY", "BY", "TARGET", "RESULT"];
    args.common
        .shape
        .list(rows.iter().map(json).collect(), &head, &cells)
}

const fn actor(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::App => "app",
        ActorKind::Person => "person",
        ActorKind::Guest => "guest",
        ActorKind::Server => "server",
        ActorKind::Operator => "operator",
    }
}

const fn result(result: AuditResult) -> &'static str {
    match result {
        AuditResult::Success => "success",
        AuditResult::Failure => "failure",
    }
}

fn cells(row: &AuditRow) -> Vec<String> {
    let record = &row.record;
    let whom = |kind: &str, id: Option<uuid::Uuid>| match id {
        Some(id) => format!("{kind} {id}"),
        None => kind.to_owned(),
    };
    vec![
        row.seq.to_string(),
        record.at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        record.activity.clone(),
        whom(actor(record.actor_kind), record.actor_id),
        whom(&record.target_kind, record.target_id),
        result(record.result).to_owned(),
    ]
}

fn json(row: &AuditRow) -> Value {
    let record = &row.record;
    json!({
        "sequence": row.seq,
        "time": record.at,
        "activity": record.activity,
        "result": result(record.result),
        "actorKind": actor(record.actor_kind),
        "actorId": record.actor_id,
        "targetKind": record.target_kind,
        "targetId": record.target_id,
        "requestId": record.request_id,
        "details": serde_json::from_str::<Value>(&record.details).unwrap_or(Value::Null),
    })
}
