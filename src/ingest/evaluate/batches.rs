//! Many questions to Nix, in batches that are halved where one of them ends the whole run.

use std::sync::{Mutex, PoisonError};

use super::session::{NixError, Refusal};
use crate::ingest::Progress;

/// How many bytes of questions one run is given: below what a system takes as one argument.
const BATCH_BYTES: usize = 96 * 1024;

/// What a run gave.
#[derive(Debug)]
pub(crate) enum Ran<A> {
    /// Answers for the first questions, and what Nix said of the next one, unless it has not come to it.
    Until(Vec<A>, Option<Refusal>),
    /// An answer for each question.
    All(Vec<A>),
    /// Some question ended the run.
    None(Refusal),
}

/// Who answers questions, each run in a process of its own.
pub(crate) trait Oracle: Sync {
    /// A question.
    type Question: Sync;
    /// Its answer.
    type Answer: Send;

    /// How many bytes a question takes in a run.
    fn size(&self, question: &Self::Question) -> usize;

    /// Asks several.
    ///
    /// # Errors
    /// When there is no use in asking for anything else.
    fn ask(&self, questions: &[Self::Question]) -> Result<Ran<Self::Answer>, NixError>;

    /// For the question that ends a run, and what Nix said then.
    ///
    /// # Errors
    /// When there is no use in asking for anything else.
    fn alone(&self, question: &Self::Question, refusal: Refusal) -> Result<Self::Answer, NixError>;
}

/// Asks all, `batch` in one run, runs side by side on all threads of the pool. A question that ends a run
/// costs one more run where the run tells how far it came; else it is found by halving, at most two
/// runs for each halving of the batch. The answers come in the order of the questions, and do not
/// depend on batches or timing.
///
/// # Errors
/// When Nix cannot be run any more.
pub(crate) fn in_batches<O: Oracle>(
    oracle: &O,
    questions: &[O::Question],
    batch: usize,
    progress: &Progress,
) -> Result<Vec<O::Answer>, NixError> {
    let shared = Shared { oracle, progress, answers: Mutex::default(), fatal: Mutex::default() };
    // no thread without work
    let batch = batch.min(questions.len().div_ceil(rayon::current_num_threads())).max(1);
    rayon::scope(|scope| {
        for (i, part) in questions.chunks(batch).enumerate() {
            let shared = &shared;
            scope.spawn(move |scope| shared.batch(i * batch, part, scope));
        }
    });
    if let Some(error) = shared.fatal.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut answers = shared.answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.sort_unstable_by_key(|(place, _)| *place);
    Ok(answers.into_iter().flat_map(|(_, answers)| answers).collect())
}

struct Shared<'o, O: Oracle> {
    oracle: &'o O,
    progress: &'o Progress,
    /// With the place of the first.
    answers: Mutex<Vec<(usize, Vec<O::Answer>)>>,
    fatal: Mutex<Option<NixError>>,
}

impl<O: Oracle> Shared<'_, O> {
    fn batch<'s>(&'s self, place: usize, asked: &'s [O::Question], scope: &rayon::Scope<'s>) {
        if self.fatal.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return;
        }
        let bytes: usize = asked.iter().map(|question| self.oracle.size(question)).sum();
        if asked.len() > 1 && bytes > BATCH_BYTES {
            return self.halve(place, asked, scope);
        }
        if let Err(error) = self.run(place, asked, scope) {
            self.fatal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }

    fn run<'s>(&'s self, place: usize, asked: &'s [O::Question], scope: &rayon::Scope<'s>) -> Result<(), NixError> {
        let (answers, refusal) = match self.oracle.ask(asked)? {
            Ran::All(answers) if answers.len() == asked.len() => (answers, None),
            // something must have come of it
            Ran::Until(answers, refusal)
                if answers.len() < asked.len() && (refusal.is_some() || !answers.is_empty()) =>
            {
                (answers, refusal)
            }
            Ran::None(refusal) if asked.len() == 1 => (Vec::new(), Some(refusal)),
            _ => {
                if let [question] = asked {
                    let refusal = Refusal::from("nix-instantiate did not answer".to_owned());
                    self.keep(place, vec![self.oracle.alone(question, refusal)?]);
                } else {
                    self.halve(place, asked, scope);
                }
                return Ok(());
            }
        };
        let (_, rest) = asked.split_at(answers.len().min(asked.len()));
        let at = place + answers.len();
        self.keep(place, answers);
        let Some(refusal) = refusal else {
            if !rest.is_empty() {
                scope.spawn(move |scope| self.batch(at, rest, scope));
            }
            return Ok(());
        };
        let Some((question, rest)) = rest.split_first() else { return Ok(()) };
        if !rest.is_empty() {
            scope.spawn(move |scope| self.batch(at + 1, rest, scope));
        }
        // what it had taken up before may have ended it, too: by itself it may go well
        if refusal.killed && asked.len() > 1 {
            scope.spawn(move |scope| self.batch(at, std::slice::from_ref(question), scope));
        } else {
            self.keep(at, vec![self.oracle.alone(question, refusal)?]);
        }
        Ok(())
    }

    fn keep(&self, place: usize, answers: Vec<O::Answer>) {
        self.progress.add(answers.len() as u64);
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push((place, answers));
    }

    fn halve<'s>(&'s self, place: usize, asked: &'s [O::Question], scope: &rayon::Scope<'s>) {
        let (first, second) = asked.split_at(asked.len() / 2);
        let middle = place + first.len();
        scope.spawn(move |scope| self.batch(place, first, scope));
        scope.spawn(move |scope| self.batch(middle, second, scope));
    }
}
