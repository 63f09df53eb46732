//! The lock file of one template, taken from that of all of them.

/// A lock file of crates under a workspace, reduced to the member `member` and all that is not a member, which no member
/// but this one needs to be locked for. The member is called `name` in it.
///
/// Members are the packages without a source that nothing depends on. Every template has the same dependencies, so that
/// what remains is what cargo itself would write.
pub(super) fn of_one(lock: &str, member: &str, name: &str) -> String {
    let mut parts = lock.split("[[package]]\n");
    let head = parts.next().unwrap_or_default();
    let all: Vec<&str> = parts.map(str::trim_end).collect();
    let is_needed =
        |name: &str| lock.lines().any(|line| line.trim_matches([' ', '"', ',']) == name && line.starts_with(' '));
    let mut packages: Vec<(String, String)> = Vec::new();
    for package in all {
        let named = name_of(package);
        if named == member {
            packages.push((name.to_owned(), package.replacen(&format!("\"{member}\""), &format!("\"{name}\""), 1)));
        } else if package.contains("\nsource = ") || is_needed(named) {
            packages.push((named.to_owned(), package.to_owned()));
        }
    }
    // Stable, because two versions of a package are in order already.
    packages.sort_by(|(one, _), (other, _)| one.cmp(other));
    let packages: Vec<String> = packages.into_iter().map(|(_, text)| format!("[[package]]\n{text}\n")).collect();
    head.to_owned() + &packages.join("\n")
}

/// The names of all packages of a lock file.
pub(super) fn names(lock: &str) -> impl Iterator<Item = &str> {
    lock.split("[[package]]\n").skip(1).map(name_of)
}

fn name_of(package: &str) -> &str {
    package.lines().find_map(|line| line.strip_prefix("name = \"")).unwrap_or_default().trim_end_matches('"')
}
