//! Running a file of users through the directory: reading ahead, planning on every processor,
//! writing in the order of the file, results behind each commit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use directory::users::bulk::{Done, Import, Load, Outcome, Past, Rules};
use directory::{Directory, Refusal, Tenant, TenantSchema};
use jiff::Timestamp;
use uuid::Uuid;

use super::ahead::{self, Chunk, Reader};
use super::input::{self, FileFault, Fingerprint, Reading, UserFile};
use super::progress::{Meter, Progress};
use super::reasons::Reasons;
use super::results::{self, Counts, ResultLine, Results, RowError, Unfinished};
use crate::graph::envelope::GraphError;
use crate::terminal::Failure;

/// Whether an interrupted import is gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// There is none.
    New,
    /// Where it stopped.
    Resume,
    /// It is forgotten, and the file is read from its beginning.
    Restart,
}

/// What to import.
#[derive(Debug)]
pub struct Job<'a> {
    /// The file.
    pub file: &'a Path,
    /// Where results go.
    pub results: PathBuf,
    /// How it is read.
    pub reading: Reading,
    /// By which rules.
    pub rules: Rules,
    /// From where.
    pub start: Start,
}

/// How it went.
#[derive(Debug)]
pub struct Summary {
    /// The import's name in the audit trail.
    pub run: Uuid,
    /// How the rows ended, those before an interruption among them.
    pub counts: Counts,
    /// Users made without a password.
    pub without_password: u64,
    /// Milliseconds it took.
    pub millis: u64,
    /// Rows in a second.
    pub rate: u64,
    /// Why rows were refused.
    pub reasons: Reasons,
}

impl Summary {
    /// Rows that ended so.
    pub fn count(&self, outcome: &str) -> u64 {
        self.counts.get(outcome).copied().unwrap_or(0)
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.counts.values().sum()
    }
}

/// Runs it.
pub async fn import(
    directory: &Directory,
    tenant: &Tenant,
    job: &Job<'_>,
) -> Result<Summary, Failure> {
    let begin = directory.now();
    let file = fingerprint(job.file, &job.results)?;
    let schema = directory.schema(tenant.id).await.map_err(stopped)?;
    let input = open(job.file, job.reading, schema)?;
    let is_load = directory
        .is_load(job.rules, file.lines)
        .await
        .map_err(stopped)?;
    let (state, mut results, written) = begin_results(directory, tenant, job, &file, is_load)?;
    let import = directory
        .import(tenant, state.run, file.sha256.clone(), job.rules)
        .await
        .map_err(stopped)?;
    let past = match job.start {
        Start::Resume => past(&import, written.line, &state).await?,
        Start::New | Start::Restart => BTreeMap::new(),
    };
    // Before anything is planned, since then rows are planned without looking into the directory.
    let load = if state.is_load {
        import.load().await.map_err(in_use)?
    } else {
        None
    };
    let mut chunks = ahead::read(Reader {
        input,
        import: import.clone(),
        past,
        behind: written.line,
    });
    let mut run = Run {
        import,
        load,
        counts: written.counts,
        without_password: 0,
        progress: Progress::default(),
    };
    run.progress.rows = run.counts.values().sum();
    run.progress.refused = run.counts.get(REFUSED).copied().unwrap_or(0);
    let mut meter = Meter::new(file.bytes, begin);
    let is_load = run.load.is_some();
    let mut is_first = true;
    let done = async {
        while let Some(chunk) = chunks.recv().await {
            let chunk = chunk.map_err(|error| unreadable(job.file, &error))?;
            if std::mem::take(&mut is_first) {
                run.progress.bytes = chunk.begin;
                meter.from(run.progress);
            }
            run.end(chunk, &mut results).await?;
            meter.show(run.progress, directory.now());
        }
        match run.load.take() {
            Some(load) => load
                .finish(|done, steps| meter.step(done, steps, directory.now()))
                .map_err(load_stopped),
            None => Ok(()),
        }
    }
    .await;
    meter.clear();
    let unwritable = |error| unwritable(&job.results, &error);
    if done.is_err() && is_load {
        results.take_back().map_err(unwritable)?;
    }
    done?;
    let reasons = results.finish().map_err(unwritable)?;
    let end = directory.now();
    Ok(Summary {
        run: state.run,
        without_password: run.without_password,
        millis: u64::try_from(end.as_millisecond() - begin.as_millisecond()).unwrap_or(0),
        rate: meter.rate(run.progress, end),
        reasons,
        counts: run.counts,
    })
}

struct Run {
    import: Import,
    /// The one transaction of a file that goes into an empty directory.
    load: Option<Load>,
    counts: Counts,
    without_password: u64,
    progress: Progress,
}

impl Run {
    /// Writes a chunk, and then its results.
    async fn end(&mut self, chunk: Chunk, results: &mut Results) -> Result<(), Failure> {
        let planned = chunk
            .plan
            .await
            .map_err(|error| stopped(Refusal::internal(error.to_string())))?
            .map_err(stopped)?;
        let outcomes = match &mut self.load {
            Some(load) => load.apply(planned).map_err(load_stopped)?,
            None => self.import.apply(planned).await.map_err(stopped)?,
        };
        let mut outcomes = outcomes.into_iter();
        let mut ended = chunk.ended;
        for at in 0..chunk.size {
            let line = match ended.remove(&at) {
                Some(line) => Some(line),
                None => outcomes.next().map(|outcome| self.result(outcome)),
            };
            if let Some(line) = line {
                *self.counts.entry(line.outcome.to_owned()).or_default() += 1;
                self.progress.rows += 1;
                if line.fault.is_some() {
                    self.progress.refused += 1;
                }
                results.push(&line, &[]);
            }
        }
        self.progress.bytes = chunk.bytes;
        results
            .flush()
            .map_err(|error| Failure::new("the results cannot be written").because(error))
    }

    fn result(&mut self, outcome: Outcome) -> ResultLine {
        self.without_password += u64::from(outcome.no_password);
        let (word, fault, note) = match outcome.result {
            Ok(done) => (word(done), None, note(done)),
            Err(refusal) => (REFUSED, Some(fault(refusal)), None),
        };
        ResultLine {
            line: outcome.line,
            key: outcome.key,
            id: outcome.id,
            outcome: word,
            fault,
            note,
        }
    }
}

/// The outcome of a row that was refused.
pub const REFUSED: &str = "refused";

pub(super) const fn word(done: Done) -> &'static str {
    match done {
        Done::Created => "created",
        Done::Updated => "updated",
        Done::Existed | Done::Unchanged => "skipped",
    }
}

fn note(done: Done) -> Option<String> {
    match done {
        Done::Existed => Some("the user exists".to_owned()),
        Done::Unchanged => Some("nothing to change".to_owned()),
        Done::Created | Done::Updated => None,
    }
}

/// A refusal in the words of the one table of errors.
pub fn fault(refusal: Refusal) -> RowError {
    RowError::of(&GraphError::from(refusal))
}

/// Reads the whole file once: what is imported is what was looked at. Refuses results that would
/// take its place.
pub fn fingerprint(file: &Path, results: &Path) -> Result<Fingerprint, Failure> {
    if input::Format::of(file).is_none() {
        return Err(
            Failure::usage(format!("{} cannot be read", file.display())).because(FileFault::Format)
        );
    }
    if results::is_same(file, results) {
        let failure = Failure::usage(format!("the results cannot go into {}", file.display()));
        return Err(failure.because("it is the file that is read"));
    }
    input::fingerprint(file).map_err(|error| unreadable(file, &error))
}

fn open(file: &Path, reading: Reading, schema: TenantSchema) -> Result<UserFile, Failure> {
    UserFile::open(file, reading, schema).map_err(|fault| {
        let failure = Failure::new(format!("{} cannot be read", file.display())).because(&fault);
        match fault {
            FileFault::Column(..) => {
                failure.mend("--ignore-unknown leaves out columns that are no property")
            }
            _ => failure,
        }
    })
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be read", file.display())).because(error)
}

fn unwritable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be written", file.display())).because(error)
}

/// Of a load nothing is there before its end.
fn load_stopped(refusal: Refusal) -> Failure {
    Failure::new("the import stopped; nothing of it was written")
        .because(refusal)
        .mend("the same command with --resume begins it again")
}

/// Of an import the chunks before are there.
fn stopped(refusal: Refusal) -> Failure {
    Failure::new("the import stopped; what was written is whole")
        .because(refusal)
        .mend("the same command with --resume goes on")
}

/// A load needs the directory for itself.
fn in_use(refusal: Refusal) -> Failure {
    Failure::new("the import cannot begin while another command works on the directory")
        .because(refusal)
        .mend("the same command with --resume, when that one has ended")
}

fn begin_results(
    directory: &Directory,
    tenant: &Tenant,
    job: &Job<'_>,
    file: &Fingerprint,
    is_load: bool,
) -> Result<(Unfinished, Results, results::Written), Failure> {
    let state = Unfinished {
        run: directory.ids().uuid(),
        sha256: file.sha256.clone(),
        tenant: tenant.id.0,
        options: format!("{:?} {:?}", job.rules, job.reading),
        started: directory.now().to_string(),
        is_load,
    };
    results::start(
        &job.results,
        job.start,
        state,
        !job.rules.dry_run,
        &[],
        false,
    )
}

async fn past(
    import: &Import,
    line: u64,
    state: &Unfinished,
) -> Result<BTreeMap<u64, Past>, Failure> {
    let unreadable =
        |why: String| Failure::new("the interrupted import cannot be read").because(why);
    let started: Timestamp = state
        .started
        .parse()
        .map_err(|error: jiff::Error| unreadable(error.to_string()))?;
    let past = import
        .past(line, started)
        .await
        .map_err(|refusal| unreadable(refusal.to_string()))?;
    Ok(past.into_iter().map(|one| (one.line, one)).collect())
}
