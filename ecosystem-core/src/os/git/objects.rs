//! Asking git for objects, one after another, over the pipes of `git cat-file`.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::program::{git, not_run};
use crate::converge::HostError;

/// What git says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is there.
    Found {
        /// Its whole id.
        id: String,
        /// What it is.
        kind: Kind,
        /// Its size in bytes.
        size: u64,
    },
    /// There is none of that name.
    Missing,
    /// Several could be meant.
    Ambiguous,
    /// A link that leads out of the commit, to nothing, or in a circle: git's word for it.
    Astray(String),
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file's contents.
    Blob,
    /// A folder.
    Tree,
    /// A commit, a tag.
    Other,
}

/// Two of git's processes: one that tells what objects are, one that gives their contents.
///
/// Two, since `--batch-command`, which does both, came with git 2.36.
pub(super) struct Objects {
    at: Utf8PathBuf,
    checking: Batch,
    reading: Option<Batch>,
}

impl Objects {
    pub(super) fn open(at: &Utf8Path) -> Result<Self, HostError> {
        Ok(Self { at: at.to_owned(), checking: Batch::start(at, "--batch-check")?, reading: None })
    }

    /// What an object is; links in `COMMIT:PATH` are followed within the commit.
    pub(super) fn check(&mut self, name: &str) -> Result<Answer, HostError> {
        self.checking.ask(name).map_err(|error| broken(&error))
    }

    /// Up to `limit` bytes of an object.
    pub(super) fn read(&mut self, id: &str, limit: u64) -> Result<Option<Vec<u8>>, HostError> {
        let reading = match &mut self.reading {
            Some(reading) => reading,
            None => self.reading.insert(Batch::start(&self.at, "--batch")?),
        };
        reading.contents(id, limit).map_err(|error| broken(&error))
    }
}

fn broken(error: &io::Error) -> HostError {
    HostError::new(format!("git stopped answering: {error}"))
        .hint("`git fsck` tells whether the repository is whole")
}

/// One `git cat-file`, which ends when its input does.
struct Batch {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Batch {
    fn start(at: &Utf8Path, mode: &str) -> Result<Self, HostError> {
        let mut command = git(at);
        command.args(["cat-file", mode, "--follow-symlinks"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        // What it has to say, it says in its answers; a pipe that nobody reads could fill.
        command.stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| not_run(&error))?;
        let (questions, answers) = (child.stdin.take(), child.stdout.take());
        let answers = answers.ok_or_else(|| not_run(&io::Error::other("it has no output")))?;
        Ok(Self { child, questions, answers: BufReader::new(answers) })
    }

    fn ask(&mut self, name: &str) -> io::Result<Answer> {
        if let Some(questions) = &mut self.questions {
            questions.write_all(format!("{name}\n").as_bytes())?;
            questions.flush()?;
        }
        let line = self.line()?;
        if line.ends_with(" missing") {
            return Ok(Answer::Missing);
        }
        if line.ends_with(" ambiguous") {
            return Ok(Answer::Ambiguous);
        }
        let mut words = line.split(' ');
        let (first, second, third) = (words.next(), words.next(), words.next());
        match (first, second, third.and_then(|size| size.parse().ok())) {
            (Some(id), Some(kind), Some(size)) if id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Ok(Answer::Found { id: id.to_owned(), kind: Kind::of(kind), size })
            }
            (Some(word @ ("symlink" | "dangling" | "loop" | "notdir")), Some(length), None) => {
                self.skip(length.parse().map_err(|_| io::Error::other("an answer that git does not give"))?)?;
                Ok(Answer::Astray(word.to_owned()))
            }
            _ => Err(io::Error::other("an answer that git does not give")),
        }
    }

    fn contents(&mut self, id: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let Answer::Found { size, .. } = self.ask(id)? else { return Ok(None) };
        let mut contents = Vec::new();
        self.answers.by_ref().take(size.min(limit)).read_to_end(&mut contents)?;
        self.skip(size.saturating_sub(limit))?;
        Ok(Some(contents))
    }

    /// Passes over so many bytes, and the line feed behind them.
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        io::copy(&mut self.answers.by_ref().take(bytes.saturating_add(1)), &mut io::sink()).map(drop)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        self.answers.read_until(b'\n', &mut line)?;
        if line.pop().is_none() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}

impl Drop for Batch {
    /// Without input it ends; waiting leaves no process behind.
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Kind {
    fn of(word: &str) -> Self {
        match word {
            "blob" => Kind::Blob,
            "tree" => Kind::Tree,
            _ => Kind::Other,
        }
    }
}
