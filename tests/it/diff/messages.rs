//! Derivations of one name that differ in their texts alone, behind fetches of one path: as packages
//! do that show a message, each its own, where a file is to be bought.

use nix_ripple::graph::{BuildOptions, Graph};
use nix_ripple::proof::TextSources;

use crate::diff::answer::{compare, unsound};
use crate::support::{self, Recipe};

/// Two games that take one file, fetched by two derivations, and each its own message. `paths` are the
/// numbers of the two messages and the two fetches.
fn games(setup: usize, paths: [usize; 4]) -> Graph {
    let source = format!("/nix/store/{setup:032}-setup.sh");
    let script = |mut recipe: Recipe| {
        recipe.sources.push(source.clone());
        recipe.env.push(("setup".to_owned(), source.clone()));
        recipe
    };
    let message = |at: usize, text: &str| {
        let mut message = script(Recipe::new(paths[at], "message"));
        message.env.push(("text".to_owned(), text.to_owned()));
        message
    };
    let messages = [message(0, "buy the first game"), message(1, "buy the second game")];
    let mut recipes = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let fetch = Recipe::new(paths[2 + at], "game.exe").fixed().input(message, "message");
        // the same file, and so the same path
        let text = fetch.text().replace(&fetch.output_path("out"), GAME);
        let text = text.replace(&format!("{:064x}", fetch.number), &"0".repeat(64));
        recipes.push((fetch.base_name(), text));
    }
    recipes.extend(messages.iter().map(|message| (message.base_name(), message.text())));
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in recipes {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    support::closure(&[folder.path().to_path_buf()], BuildOptions::default()).unwrap()
}

const GAME: &str = "/nix/store/99999999999999999999999999999999-game.exe";

/// Either fetch may be taken for the other, for they fetch the same; but not their messages.
#[test]
fn a_message_is_not_taken_for_another() {
    let old = games(800, [1, 2, 3, 4]);
    for paths in [[11, 12, 13, 14], [12, 11, 13, 14], [11, 12, 14, 13], [12, 11, 14, 13]] {
        let new = games(801, paths);
        let none = TextSources::default();
        let answer = compare(&old, &new, [&none, &none]);
        assert_eq!(unsound(&answer), [""; 0], "{paths:?}");
        let causes: Vec<_> = answer.causes.iter().map(|cause| (cause.kind.as_str(), cause.name.as_str())).collect();
        assert_eq!(causes, [("source", "setup.sh")], "{paths:?}");
        assert_eq!((answer.derivations.total, answer.causes[0].exclusive), (2, 2));
    }
}
