//! Heads of audit chains that were noted outside the database, compared with what the database
//! holds now.

use std::fs;
use std::io::{BufRead as _, BufReader};

use directory::Directory;
use serde_json::Value;
use store::TenantId;
use uuid::Uuid;

use super::Chain;
use crate::cli::stopped::refused;
use crate::hex::hex;
use crate::terminal::Failure;

/// Digits of a head.
const DIGITS: usize = 64;

/// Records read at a time where a head says nothing but its hash.
const PAGE: u32 = 1_000;

/// A head, and what is known of its place.
struct Anchor {
    hash: String,
    /// The tenant by id or initial domain, and the number of records then.
    place: Option<(String, i64)>,
    found: bool,
}

/// Heads from outside.
#[derive(Default)]
pub(super) struct Anchors(Vec<Anchor>);

impl Anchors {
    /// Adds a head, or those in a file.
    pub(super) fn add(&mut self, text: &str) -> Result<(), Failure> {
        if is_hash(text) {
            self.0.push(Anchor {
                hash: text.to_ascii_lowercase(),
                place: None,
                found: false,
            });
            return Ok(());
        }
        let unreadable = |error: std::io::Error| {
            Failure::usage(format!("--head {text} is no hash and no file")).because(error)
        };
        let before = self.0.len();
        let mut whole = String::new();
        for line in BufReader::new(fs::File::open(text).map_err(unreadable)?).lines() {
            let line = line.map_err(unreadable)?;
            // A log has a document on each line; what `--json` printed is one document over many
            // lines.
            match serde_json::from_str::<Value>(&line) {
                Ok(value) if value.is_object() => self.take(&value),
                _ if whole.len() < MAX_DOCUMENT => {
                    whole.push_str(&line);
                    whole.push('\n');
                }
                _ => {}
            }
        }
        if let Ok(document) = serde_json::from_str::<Value>(&whole) {
            let rows = document.get("value").and_then(Value::as_array);
            rows.into_iter().flatten().for_each(|row| self.take(row));
        }
        if self.0.len() == before {
            return Err(Failure::usage(format!("{text} holds no head of an audit trail")).because(
                "a server's log, what `audit verify --json` printed, and audit-heads.json of a backup do",
            ));
        }
        Ok(())
    }

    /// Takes the head of a line of the log (`tenant`, `records`, `head`, there or below `fields`),
    /// or of a row of `audit verify --json`.
    fn take(&mut self, value: &Value) {
        let value = value.get("fields").unwrap_or(value);
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let Some(hash) = text("head").filter(|text| is_hash(text)) else {
            return;
        };
        let tenant = text("tenantId").or_else(|| text("tenant"));
        let records = value.get("records").and_then(|records| {
            let written = records.as_str().and_then(|text| text.parse().ok());
            records.as_i64().or(written)
        });
        self.0.push(Anchor {
            hash: hash.to_ascii_lowercase(),
            place: tenant.map(str::to_owned).zip(records),
            found: false,
        });
    }

    /// Looks for every head, and tells the chain it should be in where it is not.
    pub(super) async fn compare(
        &mut self,
        directory: &Directory,
        chains: &mut [Chain],
    ) -> Result<(), Failure> {
        for anchor in &mut self.0 {
            let Some((tenant, records)) = &anchor.place else {
                continue;
            };
            let named = |chain: &&mut Chain| chain.name == *tenant || is_id(chain.id, tenant);
            let Some(chain) = chains.iter_mut().find(named) else {
                continue;
            };
            anchor.found = true;
            if *records > 0 && at(directory, chain.id, *records).await? != Some(anchor.hash.clone())
            {
                let missing = format!("record {records} with hash {}", anchor.hash);
                chain.missing.push(missing);
            }
        }
        for chain in chains.iter() {
            if self.0.iter().all(|anchor| anchor.found) {
                break;
            }
            self.search(directory, chain.id).await?;
        }
        Ok(())
    }

    /// Looks for the heads without a place in one chain.
    async fn search(&mut self, directory: &Directory, tenant: TenantId) -> Result<(), Failure> {
        let reader = directory.store().read(tenant);
        let mut after = 0;
        loop {
            let rows = reader.audit(after, PAGE).await;
            let rows =
                rows.map_err(|error| refused("cannot read the audit trail", &error.into()))?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = last.seq;
            for row in &rows {
                let hash = hex(&row.hash);
                for anchor in self.0.iter_mut().filter(|anchor| anchor.hash == hash) {
                    anchor.found = true;
                }
            }
        }
    }

    /// Heads of which no chain is known.
    pub(super) fn unknown(&self) -> Vec<&str> {
        let lost = self.0.iter().filter(|anchor| !anchor.found);
        lost.map(|anchor| anchor.hash.as_str()).collect()
    }
}

/// A document over many lines is a few hundred bytes a tenant.
const MAX_DOCUMENT: usize = 16 << 20;

fn is_hash(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_id(tenant: TenantId, text: &str) -> bool {
    Uuid::try_parse(text).is_ok_and(|id| id == tenant.0)
}

/// The hash of the record with that number.
async fn at(directory: &Directory, tenant: TenantId, seq: i64) -> Result<Option<String>, Failure> {
    let rows = directory.store().read(tenant).audit(seq - 1, 1).await;
    let rows = rows.map_err(|error| refused("cannot read the audit trail", &error.into()))?;
    let row = rows.first().filter(|row| row.seq == seq);
    Ok(row.map(|row| hex(&row.hash)))
}
