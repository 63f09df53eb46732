//! What the guide quotes of a template stands there: `rustdoc` compiles no test of a snippet.
#![cfg(test)]

const GUIDE: &str = include_str!("../../../../WRITING_A_PLUGIN.md");
const TESTS: &str = include_str!("../../random/tests/promises.rs");

#[test]
fn the_tests_in_the_guide_are_those_of_the_random_search() {
    let blocks = GUIDE.split("```rust\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    let tests: Vec<&str> =
        blocks.filter(|block| block.contains("#[test]")).flat_map(|block| block.split("\n\n")).collect();
    assert_eq!(tests.len(), 3);
    for test in tests {
        assert!(TESTS.contains(test), "not in random/tests/promises.rs:\n{test}");
    }
}
