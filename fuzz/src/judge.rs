//! A node that lives as long as the process that asks it: starting one takes forty milliseconds, an answer less than one.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

/// What stands in each env file that there is: those whose names end in `.env`.
pub const ENV_FILE: &str = "FROM_FILE=1\nB=\"of the file\"\nEMPTY=\n";

/// The environment in which modules are loaded.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("A", "a"),
    ("B", "of the environment"),
    ("EMPTY", ""),
    ("HOME", "/home"),
    ("PORT", "8080"),
    ("T", "TRUE"),
    ("Z", "-0.50e1"),
];

/// After so many answers another one is started, as whatever node has seen may have left something behind.
const MOST_ANSWERS: usize = 20_000;

/// A node process with the pipes to it.
struct Judge {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    answered: usize,
}

thread_local! {
    static JUDGE: RefCell<Option<Judge>> = const { RefCell::new(None) };
}

/// What a module exports when it is loaded as `/tree/web/dist/ecosystem.config.mjs`, or `{"error": …}`.
pub fn exports(module: &str) -> Json {
    JUDGE.with_borrow_mut(|judge| {
        if judge.as_ref().is_some_and(|judge| judge.answered >= MOST_ANSWERS) {
            *judge = None;
        }
        judge.get_or_insert_with(Judge::start).ask(&Json::from(module))
    })
}

impl Judge {
    fn start() -> Self {
        let mut child = Command::new("node")
            .args([
                "--experimental-vm-modules",
                "--no-warnings",
                "--input-type=module",
                "--eval",
                include_str!("judge.mjs"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is needed, on PATH: it judges what is generated");
        let (questions, answers) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let mut judge = Self { child, questions, answers: BufReader::new(answers), answered: 0 };
        let environment: serde_json::Map<_, _> =
            ENVIRONMENT.iter().map(|(name, value)| ((*name).to_owned(), Json::from(*value))).collect();
        judge.say(&json!({ "environment": environment, "envFile": ENV_FILE }));
        judge
    }

    fn say(&mut self, line: &Json) {
        writeln!(self.questions, "{line}").expect("node listens, unless what it has loaded ended it");
    }

    fn ask(&mut self, question: &Json) -> Json {
        self.say(question);
        self.answered += 1;
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("node answers in UTF-8");
        serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("what node has loaded ended it, or spoke: {line:?}"))
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
