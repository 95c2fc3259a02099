#![allow(clippy::unwrap_used, reason = "a failing test panics, and says so best where it happens")]

use ecosystem_core::model::Way;

use super::*;

/// A clock in milliseconds, and the rounds that go by it; each app's question is its name.
struct Time {
    start: Instant,
    rounds: Rounds<String>,
}

fn probe() -> Probe {
    Probe {
        timeout: Duration::from_millis(500),
        interval: Duration::from_millis(1000),
        initial_delay: Duration::from_millis(300),
        retries: 2,
        way: Way::Tcp { host: "localhost".to_owned(), port: 80 },
    }
}

impl Time {
    fn new() -> Self {
        Self { start: Instant::now(), rounds: Rounds::default() }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    fn watch(&mut self, app: &str, ms: u64, pids: &[u32], probe: Probe) {
        let subject = Subject { daemon: DaemonId::new("web"), probe, pids: pids.iter().copied().collect() };
        let from = self.at(ms);
        self.rounds.watch(app, subject, from, || app.to_owned());
    }

    /// What a look does that leaves the app as it is.
    fn ask_on(&mut self, pids: &[u32], now: Instant, probe: Probe) -> bool {
        let subject = Subject { daemon: DaemonId::new("web"), probe, pids: pids.iter().copied().collect() };
        self.rounds.ask_on("web", subject, now, || "web".to_owned())
    }

    /// When the next question is due.
    fn due(&self) -> Option<u128> {
        self.rounds.due().map(|due| (due - self.start).as_millis())
    }

    fn take(&mut self, ms: u64) -> Option<Task<String>> {
        let now = self.at(ms);
        self.rounds.take(now)
    }

    /// Asks what is due at a time; whether the answer made a difference.
    fn ask(&mut self, ms: u64, answer: Answer) -> bool {
        let task = self.take(ms).unwrap();
        let now = self.at(ms);
        self.rounds.answered(task, Some(answer), now)
    }

    fn ill(&self) -> Vec<(String, String)> {
        self.rounds.ill().into_iter().map(|(app, illness)| (app, illness.problem)).collect()
    }
}

fn bad() -> Answer {
    Answer::Ill("it says 503".to_owned())
}

fn nobody() -> Answer {
    Answer::NotYet("nobody listens".to_owned())
}

#[test]
fn it_is_asked_after_its_delay_and_then_by_its_interval() {
    let mut time = Time::new();
    assert_eq!(time.due(), None);
    time.watch("web", 1000, &[7], probe());
    assert_eq!(time.due(), Some(1300));
    assert!(time.take(1299).is_none());
    assert!(!time.ask(1300, Answer::Alive));
    assert_eq!(time.due(), Some(2300));
    // While it is being asked, it is not asked again.
    let task = time.take(2300).unwrap();
    assert_eq!(task.timeout, Duration::from_millis(500));
    assert_eq!((time.due(), time.take(9000).is_none()), (None, true));
    let late = time.at(2700);
    assert!(!time.rounds.answered(task, Some(Answer::Alive), late));
    assert_eq!(time.due(), Some(3700));
}

#[test]
fn it_is_ill_after_as_many_failures_in_a_row_and_well_after_one_answer() {
    let mut time = Time::new();
    time.watch("web", 0, &[7], probe());
    let mut turned = Vec::new();
    for (second, answer) in [bad(), bad(), Answer::Alive, bad(), bad(), bad(), bad(), Answer::Alive, bad()]
        .into_iter()
        .enumerate()
    {
        let ms = 300 + 1000 * u64::try_from(second).unwrap();
        if time.ask(ms, answer) {
            turned.push((second, time.ill().len()));
            if !time.ill().is_empty() {
                let now = time.at(ms);
                time.ask_on(&[7], now, probe());
            }
        }
    }
    assert_eq!(turned, [(5, 1), (7, 0)]);
}

#[test]
fn that_nobody_is_there_yet_is_asked_again_within_the_timeout() {
    let mut time = Time::new();
    time.watch("web", 0, &[7], Probe { retries: 0, ..probe() });
    let mut asked = Vec::new();
    while time.ill().is_empty() {
        let due = u64::try_from(time.due().unwrap()).unwrap();
        time.ask(due, nobody());
        asked.push(due);
    }
    assert_eq!(asked, (0..10).map(|time| 300 + 50 * time).collect::<Vec<_>>());
    assert_eq!(time.ill(), [("web".to_owned(), "nobody listens".to_owned())]);
    // Somebody who comes up meanwhile is well.
    time.watch("late", 5000, &[8], Probe { retries: 0, ..probe() });
    time.rounds.unwatch("web");
    assert!(!time.ask(5300, nobody()));
    assert!(!time.ask(5350, Answer::Alive));
    assert_eq!((time.ill().len(), time.due()), (0, Some(6350)));
}

#[test]
fn other_processes_are_asked_from_the_beginning() {
    let mut time = Time::new();
    time.watch("web", 0, &[7], Probe { retries: 0, ..probe() });
    assert!(time.ask(300, bad()));
    // The same again changes nothing.
    time.watch("web", 400, &[7], Probe { retries: 0, ..probe() });
    assert_eq!((time.ill().len(), time.due()), (1, None), "not asked before somebody has looked");
    let now = time.at(300);
    time.ask_on(&[7], now, Probe { retries: 0, ..probe() });
    let task = time.take(1300).unwrap();
    time.watch("web", 1400, &[8], Probe { retries: 0, ..probe() });
    assert_eq!((time.ill().len(), time.due()), (0, Some(1700)));
    // What the former ones answer is about them.
    let now = time.at(1500);
    assert!(!time.rounds.answered(task, Some(bad()), now));
    assert_eq!((time.ill().len(), time.due()), (0, Some(1700)));
    // Nor is anything known of processes that nobody has asked.
    let now = time.at(1600);
    time.ask_on(&[9], now, probe());
    assert_eq!((time.due(), time.rounds.is_empty()), (None, true));
}

/// Those that hang are asked too, but never by all who ask.
#[test]
fn suspects_leave_room_for_the_others() {
    let mut time = Time::new();
    let count = SUSPECTS_AT_ONCE + 3;
    for number in 0..count {
        time.watch(&format!("hangs-{number:02}"), 0, &[1], probe());
    }
    for _ in 0..count {
        time.ask(300, bad());
    }
    time.watch("well", 2000, &[2], probe());
    let taken: Vec<_> = std::iter::from_fn(|| time.take(9000)).collect();
    assert_eq!(taken.iter().filter(|task| task.app.starts_with("hangs")).count(), SUSPECTS_AT_ONCE);
    assert!(taken.iter().any(|task| task.app == "well"));
    assert_eq!(time.due(), None);
    let now = time.at(9500);
    for task in taken {
        time.rounds.answered(task, Some(Answer::Alive), now);
    }
    // Those that have waited longest come first.
    assert!(time.take(9500).unwrap().app.starts_with("hangs"));
}

#[test]
fn no_probe_is_asked_all_the_time_or_beyond_the_end_of_time() {
    let mut time = Time::new();
    time.watch("web", 0, &[7], Probe { interval: Duration::ZERO, initial_delay: Duration::ZERO, ..probe() });
    time.ask(0, Answer::Alive);
    assert_eq!(time.due(), Some(100));
    time.watch("never", 0, &[7], Probe { initial_delay: Duration::MAX, ..probe() });
    assert_eq!(time.due(), Some(100));
}

#[test]
fn another_question_has_not_been_answered_yet() {
    let mut time = Time::new();
    time.watch("web", 0, &[7], Probe { retries: 0, ..probe() });
    assert!(time.ask(300, bad()));
    let now = time.at(400);
    assert!(time.ask_on(&[7], now, probe()), "that is to be looked at");
    assert_eq!((time.ill().len(), time.due()), (0, Some(700)));
}
