use super::*;
use proptest::prelude::*;

impl Class for u8 {
    /// Keys 0..4 are of class 0, the others of class 1.
    fn class(&self) -> u8 {
        u8::from(*self >= 4)
    }

    fn tenant(&self) -> Arc<str> {
        if self.is_multiple_of(2) { "even".into() } else { "odd".into() }
    }
}

const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), max: Duration::from_secs(2) };

#[expect(clippy::disallowed_methods, reason = "an arbitrary origin; only differences matter")]
fn origin() -> Instant {
    Instant::now()
}

#[test]
fn a_failing_key_waits_longer_each_time_and_starts_anew_after_success() {
    let mut queue = Queue::new(BACKOFF, 1);
    let mut now = origin();
    queue.add(1_u8);
    let mut waits = Vec::new();
    for _ in 0..7 {
        assert_eq!(queue.take(now, |_| true), Some(1));
        queue.finish(&1, Outcome::Retry, now);
        let due = queue.next_at().expect("it waits");
        waits.push((due - now).as_millis());
        now = due;
    }
    for (wait, full) in waits.iter().zip([100, 200, 400, 800, 1600, 2000, 2000]) {
        assert!(*wait <= full && *wait * 10 >= full * 9, "{waits:?}");
    }
    assert_eq!(queue.take(now, |_| true), Some(1));
    queue.finish(&1, Outcome::Done, now);
    assert!(queue.is_empty());
    queue.add(1);
    queue.take(now, |_| true);
    queue.finish(&1, Outcome::Retry, now);
    assert!(queue.next_at().expect("it waits") - now <= BACKOFF.first);
}

#[test]
fn tenants_take_turns() {
    let mut queue = Queue::new(BACKOFF, 1);
    let now = origin();
    for key in (100..200).step_by(2) {
        queue.add(key);
    }
    let take = |queue: &mut Queue<u8>| queue.take(now, |_| true).expect("one is due");
    assert_eq!([take(&mut queue), take(&mut queue)], [100, 102]);
    // Late, and behind forty-eight others.
    queue.add(101);
    queue.add(103);
    let next: Vec<u8> = (0..4).map(|_| take(&mut queue)).collect();
    assert_eq!(next, [104, 101, 106, 103]);
    let rest: Vec<u8> = (0..46).map(|_| take(&mut queue)).collect();
    assert_eq!(rest, (108..200).step_by(2).collect::<Vec<u8>>());
    assert!(queue.is_empty() && queue.given.is_empty());
}

#[test]
fn a_key_that_comes_again_and_again_is_held_up_and_others_are_not() {
    let breaker = Breaker { burst: 5, every: Duration::from_secs(1) };
    let mut queue = Queue::new(BACKOFF, 1).with_breaker(breaker);
    let start = origin();
    let (mut now, mut runs, mut other) = (start, 0, 0);
    while now < start + Duration::from_secs(20) {
        queue.add(1_u8);
        if (now - start).as_millis().is_multiple_of(5000) {
            queue.add(2);
        }
        while let Some(key) = queue.take(now, |_| true) {
            *(if key == 1 { &mut runs } else { &mut other }) += 1;
            queue.finish(&key, Outcome::Done, now);
        }
        now += Duration::from_millis(100);
    }
    assert_eq!((runs, other), (5 + 19, 4));
    assert!(queue.held() > 0);
    now += Duration::from_mins(1);
    queue.add(1);
    assert!(queue.take(now, |_| true).is_some(), "it has rested");
}

#[derive(Debug, Clone)]
enum Op {
    Add(u8),
    AddIn(u8, u16),
    Take,
    Finish(u8, u8),
    Pass(u16),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        (0..8_u8).prop_map(Op::Add),
        (0..8_u8, 0..400_u16).prop_map(|(key, wait)| Op::AddIn(key, wait)),
        Just(Op::Take),
        (0..8_u8, 0..3_u8).prop_map(|(key, how)| Op::Finish(key, how)),
        (0..300_u16).prop_map(Op::Pass),
    ];
    proptest::collection::vec(op, 0..120)
}

/// The naive model: for each key when it is due (with the order in which it became so), whether it runs and
/// whether it changed meanwhile.
#[derive(Debug, Clone, Copy, Default)]
struct Model {
    due: Option<Instant>,
    running: bool,
    dirty: bool,
}

proptest! {
    #[test]
    fn agrees_with_the_naive_model(ops in ops(), seed in any::<u64>()) {
        let mut queue = Queue::new(BACKOFF, seed);
        let mut model = [Model::default(); 8];
        let mut now = origin();
        for op in ops {
            match op {
                Op::Add(key) => {
                    queue.add(key);
                    let entry = &mut model[usize::from(key)];
                    if entry.running { entry.dirty = true } else { entry.due = Some(entry.due.map_or(now, |due| due.min(now))) }
                }
                Op::AddIn(key, wait) => {
                    let at = now + Duration::from_millis(wait.into());
                    queue.add_at(key, at);
                    let entry = &mut model[usize::from(key)];
                    if !entry.running { entry.due = Some(entry.due.map_or(at, |due| due.min(at))) }
                }
                Op::Take => {
                    let due = |key: &u8| model[usize::from(*key)].due.is_some_and(|due| due <= now);
                    match queue.take(now, |_| true) {
                        Some(key) => {
                            prop_assert!(due(&key), "not due: {key}");
                            prop_assert!(!model[usize::from(key)].running, "runs already: {key}");
                            prop_assert!(!(0..8).any(|other: u8| due(&other) && other.class() < key.class()));
                            model[usize::from(key)] = Model { due: None, running: true, dirty: false };
                        }
                        None => prop_assert!(!(0..8).any(|key| due(&key))),
                    }
                }
                Op::Finish(key, how) => {
                    let outcome = [Outcome::Done, Outcome::Again(Duration::from_millis(50)), Outcome::Retry][usize::from(how)];
                    queue.finish(&key, outcome, now);
                    let entry = &mut model[usize::from(key)];
                    if entry.running {
                        let dirty = entry.dirty;
                        *entry = Model::default();
                        entry.due = match outcome {
                            Outcome::Retry => Some(queue.entries[&key].due().expect("it waits")),
                            _ if dirty => Some(now),
                            Outcome::Done => None,
                            Outcome::Again(wait) => Some(now + wait),
                        };
                        if let Some(due) = entry.due { prop_assert!(due <= now + BACKOFF.max) }
                    }
                }
                Op::Pass(millis) => now += Duration::from_millis(millis.into()),
            }
            let waiting = model.iter().filter(|entry| entry.due.is_some()).count();
            prop_assert_eq!(queue.len(), waiting);
            let next = model.iter().filter_map(|entry| entry.due).filter(|due| *due > now).min();
            if let Some(next) = next { prop_assert!(queue.next_at().is_some_and(|at| at <= next)) }
        }
    }
}

impl Entry {
    fn due(&self) -> Option<Instant> {
        match self.place {
            Place::Later(due) => Some(due),
            _ => None,
        }
    }
}
