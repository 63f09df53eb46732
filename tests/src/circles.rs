//! Circles of imports among the files of a crate, read from its sources.
//!
//! A file depends on another where it names something that is defined there: in a `use`, or by a path that begins with
//! `crate`, `super`, `self` or the name of a module. Re-exports are followed to the file of the definition, and are no
//! dependency themselves: a `mod.rs` that only lists its parts depends on none of them. Code under `#[cfg(test)]` does
//! not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::Visit;
use syn::{Attribute, Item, ItemUse, UseTree, Visibility};

/// The circles of a crate whose sources lie in `src`, each as its files with what they name of each other.
pub fn circles(src: &Path) -> Vec<String> {
    let graph = Crate::read(src).dependencies();
    let reaches = |from: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(file) = open.pop() {
            let next = graph.get(file).into_iter().flat_map(BTreeMap::keys).map(String::as_str);
            open.extend(next.filter(|next| seen.insert(*next)).collect::<Vec<_>>());
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> = graph.keys().map(|file| (file.as_str(), reaches(file))).collect();
    let mut left: BTreeSet<&str> = reached.keys().copied().filter(|file| reached[file].contains(file)).collect();
    let mut found = Vec::new();
    while let Some(first) = left.pop_first() {
        let both = |other: &&str| reached[first].contains(other) && reached[other].contains(first);
        let circle: BTreeSet<&str> = reached.keys().copied().filter(both).collect();
        left.retain(|file| !circle.contains(file));
        let names = |from: &&str| {
            let inside = graph[*from].iter().filter(|(to, _)| circle.contains(to.as_str()));
            inside.map(|(to, names)| format!("{from} names {} of {to}", join(names))).collect::<Vec<_>>()
        };
        found.push(circle.iter().flat_map(names).collect::<Vec<_>>().join("\n"));
    }
    found
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The path of a module from the root of its crate, or of an item in it.
type Names = Vec<String>;

/// What a name is that a module neither defines nor imports.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    /// The beginning of a path into another crate, or a name of the language.
    Elsewhere,
    /// Made by a macro in the module that the path leads to.
    Here,
    /// None of what a glob brings in.
    Nowhere,
}

impl Unknown {
    /// Of the rest of a path that has led to a module of this crate.
    const fn inside(self) -> Self {
        match self {
            Self::Nowhere => Self::Nowhere,
            Self::Elsewhere | Self::Here => Self::Here,
        }
    }
}

/// The modules of a crate, by path.
#[derive(Default)]
struct Crate {
    src: PathBuf,
    modules: BTreeMap<Names, Module>,
}

#[derive(Default)]
struct Module {
    file: String,
    /// The names of its own items.
    items: BTreeSet<String>,
    /// What `use` brings in, by the name it has here: the path as it is written, and whether it is a re-export.
    imports: Vec<(String, Names, bool)>,
    /// Other paths in its code.
    paths: Vec<Names>,
}

impl Crate {
    fn read(src: &Path) -> Self {
        let mut read = Self { src: src.to_owned(), ..Self::default() };
        let root = ["lib.rs", "main.rs"].map(|name| src.join(name)).into_iter().find(|path| path.is_file()).unwrap();
        read.file(&root, src, Vec::new());
        read
    }

    /// Reads the module in a file, whose parts lie in `folder`.
    fn file(&mut self, path: &Path, folder: &Path, module: Names) {
        let text = fs::read_to_string(path).unwrap();
        let items = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())).items;
        let file = path.strip_prefix(&self.src).unwrap().display().to_string();
        self.items(&items, &file, folder, module);
    }

    fn items(&mut self, items: &[Item], file: &str, folder: &Path, module: Names) {
        let mut read = Module { file: file.to_owned(), ..Module::default() };
        for item in items {
            read.items.extend(name_of(item));
            match item {
                Item::Mod(inner) if is_test(&inner.attrs) => {}
                Item::Mod(inner) => {
                    let name = inner.ident.to_string();
                    let path = [module.as_slice(), std::slice::from_ref(&name)].concat();
                    if let Some((_, items)) = &inner.content {
                        self.items(items, file, &folder.join(&name), path);
                    } else {
                        let flat = folder.join(format!("{name}.rs"));
                        let nested = folder.join(&name).join("mod.rs");
                        let at = if flat.is_file() { flat } else { nested };
                        self.file(&at, &folder.join(&name), path);
                    }
                }
                Item::Use(item) if !is_test(&item.attrs) => imports(item, &mut read.imports),
                Item::Fn(item) if is_test(&item.attrs) => {}
                other => read.visit_item(other),
            }
        }
        self.modules.insert(module, read);
    }

    /// Of each file the files that it depends on, with the names that it names of them.
    fn dependencies(&self) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
        let mut all: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        for (module, Module { file, imports, paths, .. }) in &self.modules {
            let own = all.entry(file.clone()).or_default();
            let used = imports.iter().filter(|(_, _, is_reexport)| !is_reexport).map(|(_, path, _)| path);
            for path in used.chain(paths) {
                if let Some((to, name)) = self.definition(module, path, Unknown::Elsewhere, 0)
                    && to != file
                {
                    own.entry(to.to_owned()).or_default().insert(name);
                }
            }
        }
        all
    }

    /// The file in which what a path in a module stands for is defined, and its name there.
    fn definition(&self, module: &[String], path: &[String], unknown: Unknown, depth: u32) -> Option<(&str, String)> {
        let (first, rest) = path.split_first()?;
        // Re-exports of each other would never end.
        if depth > 20 {
            return None;
        }
        match first.as_str() {
            "crate" => return self.definition(&[], rest, unknown.inside(), depth + 1),
            "self" => return self.definition(module, rest, unknown.inside(), depth + 1),
            "super" => return self.definition(module.split_last()?.1, rest, unknown.inside(), depth + 1),
            _ => {}
        }
        let inner = [module, std::slice::from_ref(first)].concat();
        if self.modules.contains_key(&inner) {
            return match rest {
                [] => Some((&self.modules[&inner].file, first.clone())),
                rest => self.definition(&inner, rest, unknown.inside(), depth + 1),
            };
        }
        let here = &self.modules[module];
        if here.items.contains(first) {
            return Some((here.file.as_str(), first.clone()));
        }
        if let Some((_, target, _)) = here.imports.iter().find(|(name, ..)| name == first) {
            return self.definition(module, &[target, rest].concat(), Unknown::Elsewhere, depth + 1);
        }
        let globs = here.imports.iter().filter(|(name, path, _)| name == "*" && self.is_own(module, path));
        for (_, target, _) in globs {
            let inner = [target.as_slice(), path].concat();
            if let Some(found) = self.definition(module, &inner, Unknown::Nowhere, depth + 1) {
                return Some(found);
            }
        }
        (unknown == Unknown::Here).then(|| (here.file.as_str(), first.clone()))
    }
}

impl Crate {
    /// Whether a path in a module begins in this crate.
    fn is_own(&self, module: &[String], path: &[String]) -> bool {
        path.first().is_some_and(|first| {
            let inner = [module, std::slice::from_ref(first)].concat();
            matches!(first.as_str(), "crate" | "self" | "super") || self.modules.contains_key(&inner)
        })
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        imports(item, &mut self.imports);
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

/// The names that a `use` brings in.
fn imports(item: &ItemUse, into: &mut Vec<(String, Names, bool)>) {
    let is_reexport = !matches!(item.vis, Visibility::Inherited);
    let mut open = vec![(Names::new(), &item.tree)];
    while let Some((mut path, tree)) = open.pop() {
        match tree {
            UseTree::Path(next) => {
                path.push(next.ident.to_string());
                open.push((path, &next.tree));
            }
            UseTree::Group(group) => open.extend(group.items.iter().map(|tree| (path.clone(), tree))),
            UseTree::Name(name) if name.ident == "self" => {
                into.push((path.last().cloned().unwrap_or_default(), path, is_reexport));
            }
            UseTree::Name(name) => {
                path.push(name.ident.to_string());
                into.push((name.ident.to_string(), path, is_reexport));
            }
            UseTree::Rename(rename) => {
                path.push(rename.ident.to_string());
                into.push((rename.rename.to_string(), path, is_reexport));
            }
            UseTree::Glob(_) => into.push(("*".to_owned(), path, is_reexport)),
        }
    }
}

/// The name that an item defines in its module.
fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Whether the code is only there in tests.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::write;

    /// The circles of a crate of these files.
    fn of(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            write(folder.path(), name, text);
        }
        circles(folder.path())
    }

    #[test]
    fn files_that_name_each_other_are_a_circle() {
        let found = of(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B; pub struct A(B);"),
            ("b.rs", "pub struct B; impl B { fn of(_: super::c::C) {} }"),
            ("c.rs", "use super::a::{A, *}; pub struct C(A);"),
        ]);
        assert_eq!(found, ["a.rs names B of b.rs\nb.rs names C of c.rs\nc.rs names A, a of a.rs"]);
    }

    #[test]
    fn a_reexport_is_followed_to_the_definition_and_is_no_dependency() {
        let files = [
            ("lib.rs", "mod space; pub use space::Graph;"),
            ("space/mod.rs", "mod graph; mod op; pub use graph::Graph; pub use op::*;"),
            ("space/op.rs", "pub struct Op;"),
        ];
        let one_way = [files.as_slice(), &[("space/graph.rs", "use super::Op; pub struct Graph(Op);")]].concat();
        assert_eq!(of(&one_way), [""; 0]);
        let back = ("space/op.rs", "use crate::Graph; pub struct Op(Box<Graph>);");
        let both_ways = [&one_way[..2], &[back, one_way[3]]].concat();
        assert_eq!(
            of(&both_ways),
            ["space/graph.rs names Op of space/op.rs\nspace/op.rs names Graph of space/graph.rs"]
        );
    }

    #[test]
    fn what_a_parent_uses_itself_of_a_child_that_needs_it_is_a_circle() {
        let child = ("a/b.rs", "use super::A; pub struct B(Box<A>);");
        let lists = [("lib.rs", "mod a;"), ("a/mod.rs", "mod b; pub use b::B; pub struct A;"), child];
        assert_eq!(of(&lists), [""; 0]);
        let uses = [("lib.rs", "mod a;"), ("a/mod.rs", "mod b; pub use b::B; pub struct A(B);"), child];
        assert_eq!(of(&uses), ["a/b.rs names A of a/mod.rs\na/mod.rs names B of a/b.rs"]);
    }

    #[test]
    fn tests_do_not_count() {
        let a = ("a.rs", "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }");
        assert_eq!(of(&[("lib.rs", "mod a; mod b;"), a, ("b.rs", "use crate::a::A; pub struct B(A);")]), [""; 0]);
    }
}
