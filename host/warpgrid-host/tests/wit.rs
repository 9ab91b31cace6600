//! The WIT package: it parses, every item is documented, and the reference page says what is in it.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

use std::fmt::Write;
use std::path::Path;
use warpgrid_host::shim::{self, PACKAGE_VERSION};
use wit_parser::{FunctionKind, Interface, PackageId, Resolve, TypeDefKind};

fn package() -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/warpgrid");
    let (package, _) = resolve.push_dir(folder).unwrap();
    (resolve, package)
}

fn interfaces(resolve: &Resolve, package: PackageId) -> impl Iterator<Item = (&str, &Interface)> {
    let interfaces = &resolve.packages[package].interfaces;
    interfaces.iter().map(|(name, id)| (name.as_str(), &resolve.interfaces[*id]))
}

#[test]
fn the_package_has_the_version_that_the_host_offers() {
    let (resolve, package) = package();
    assert_eq!(resolve.packages[package].name.to_string(), format!("warpgrid:shim@{PACKAGE_VERSION}"));
}

#[test]
fn every_interface_has_a_shim_and_a_world() {
    let (resolve, package) = package();
    let worlds = &resolve.packages[package].worlds;
    for (name, _) in interfaces(&resolve, package) {
        assert!(shim::providing(name).is_some(), "no shim provides `{name}`");
        assert!(name == "database-types" || worlds.contains_key(&format!("{name}-imports")), "{name}");
    }
    for shim in shim::descriptions() {
        for interface in shim.interfaces {
            assert!(resolve.packages[package].interfaces.contains_key(*interface), "{interface}");
        }
    }
}

#[test]
fn every_item_is_documented() {
    let (resolve, package) = package();
    let mut bare = Vec::new();
    let mut check = |what: String, docs: &Option<String>| {
        if docs.is_none() {
            bare.push(what);
        }
    };
    for (name, interface) in interfaces(&resolve, package) {
        check(name.to_owned(), &interface.docs.contents);
        for function in interface.functions.values() {
            check(format!("{name}.{}", function.name), &function.docs.contents);
        }
        for (type_name, id) in &interface.types {
            let ty = &resolve.types[*id];
            if matches!(ty.kind, TypeDefKind::Type(_)) {
                continue;
            }
            check(format!("{name}.{type_name}"), &ty.docs.contents);
            let parts: Vec<_> = match &ty.kind {
                TypeDefKind::Enum(e) => e.cases.iter().map(|case| (&case.name, &case.docs)).collect(),
                TypeDefKind::Variant(v) => v.cases.iter().map(|case| (&case.name, &case.docs)).collect(),
                TypeDefKind::Record(r) => r.fields.iter().map(|field| (&field.name, &field.docs)).collect(),
                _ => Vec::new(),
            };
            for (part, docs) in parts {
                check(format!("{name}.{type_name}.{part}"), &docs.contents);
            }
        }
    }
    for (name, id) in &resolve.packages[package].worlds {
        check(name.clone(), &resolve.worlds[*id].docs.contents);
    }
    assert!(bare.is_empty(), "without documentation: {bare:?}");
}

#[test]
fn filesystem_and_dns_depend_on_no_other_package() {
    let (resolve, package) = package();
    for world in ["filesystem-imports", "dns-imports", "fallback"] {
        let id = resolve.packages[package].worlds[world];
        assert_eq!(resolve.worlds[id].imports.len(), usize::from(world != "fallback"), "{world}");
    }
}

/// The first sentence of a documentation text, on one line.
fn first_sentence(docs: &Option<String>) -> String {
    let text = docs.as_deref().unwrap_or("").replace('\n', " ");
    text.split_inclusive(". ").next().unwrap_or("").trim().to_owned()
}

fn page() -> String {
    let (resolve, package) = package();
    let mut page = format!(
        "# The WIT package `warpgrid:shim@{PACKAGE_VERSION}`\n\n\
         The explicit doors to the host's shims, for guests that import them. The files in `wit/warpgrid` are \
         the full reference; the folder can be given to any binding generator as it is. There is one world \
         per interface (`dns-imports` …), one with all of them (`imports`), and `fallback`, which a stand-in \
         for the host exports.\n\n\
         This page is written from the package: `BLESS=1 cargo test --release -p warpgrid-host --test wit` \
         writes it anew.\n"
    );
    for (name, interface) in interfaces(&resolve, package) {
        let shim = shim::providing(name).unwrap();
        let presence = format!("Switched by `[shims] {}`.", shim.key);
        let docs = interface.docs.contents.as_deref().unwrap_or("");
        let docs = docs.split("\n\n").next().unwrap_or("").replace('\n', " ");
        writeln!(page, "\n## {name}\n\n{docs} {presence}").unwrap();
        if interface.functions.is_empty() {
            continue;
        }
        page.push_str("\n| function | meaning |\n|---|---|\n");
        for function in interface.functions.values() {
            let name = match &function.kind {
                FunctionKind::Method(id) | FunctionKind::AsyncMethod(id) => {
                    let resource = resolve.types[*id].name.as_deref().unwrap_or("");
                    format!("{resource}.{}", function.item_name())
                }
                _ => function.item_name().to_owned(),
            };
            writeln!(page, "| `{name}` | {} |", first_sentence(&function.docs.contents)).unwrap();
        }
    }
    page
}

#[test]
fn the_reference_page_says_what_the_package_holds() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/wit.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, page()).unwrap();
    }
    assert!(
        std::fs::read_to_string(&file).unwrap_or_default() == page(),
        "docs/reference/wit.md is not what the package holds\n\
         hint: run `BLESS=1 cargo test --release -p warpgrid-host --test wit`"
    );
}
