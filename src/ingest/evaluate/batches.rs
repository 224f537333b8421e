//! Many questions to Nix, in batches that are halved where one of them ends the whole run.

use std::sync::{Mutex, PoisonError};

use super::session::{NixError, Refusal, RunError};
use crate::ingest::Progress;

/// How many bytes of questions one run is given: far below what a system takes.
const BATCH_BYTES: usize = 48 * 1024;

/// Who answers questions, each run in a process of its own.
pub(crate) trait Oracle: Sync {
    /// A question.
    type Question: Sync;
    /// Its answer.
    type Answer: Send;

    /// How many bytes a question takes in a run.
    fn size(&self, question: &Self::Question) -> usize;

    /// An answer for each.
    fn ask(&self, questions: &[Self::Question]) -> Result<Vec<Self::Answer>, RunError>;

    /// For the question that ends a run by itself, and what Nix said then.
    fn alone(&self, question: &Self::Question, refusal: Refusal) -> Result<Self::Answer, NixError>;
}

/// Asks all, `batch` in one run, runs side by side on all threads of the pool. What ends a whole run is
/// found by halving: at most two runs for each halving of the batch. The answers come in the order of
/// the questions, and do not depend on batches or timing.
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
        let answered = match self.oracle.ask(asked) {
            Ok(answers) if answers.len() == asked.len() => Ok(answers),
            Ok(_) => Err(RunError::Evaluation("nix-instantiate did not answer for every attribute".to_owned().into())),
            Err(error) => Err(error),
        };
        let answers = match (answered, asked) {
            (Ok(answers), _) => Ok(answers),
            (Err(RunError::Evaluation(refusal)), [question]) => {
                self.oracle.alone(question, refusal).map(|answer| vec![answer])
            }
            (Err(RunError::Evaluation(_)), _) => return self.halve(place, asked, scope),
            (Err(RunError::Fatal(error)), _) => Err(error),
        };
        match answers {
            Ok(answers) => {
                self.progress.add(asked.len() as u64);
                self.answers.lock().unwrap_or_else(PoisonError::into_inner).push((place, answers));
            }
            Err(error) => {
                self.fatal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        }
    }

    fn halve<'s>(&'s self, place: usize, asked: &'s [O::Question], scope: &rayon::Scope<'s>) {
        let (first, second) = asked.split_at(asked.len() / 2);
        let middle = place + first.len();
        scope.spawn(move |scope| self.batch(place, first, scope));
        scope.spawn(move |scope| self.batch(middle, second, scope));
    }
}
