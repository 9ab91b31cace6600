//! Runs `tests/libc/*.c` with the SDK as users get it, for every target and both variants.
use super::SuiteContext;
use crate::manifest::Variant;
use crate::report::SuiteReport;
use crate::sysroot::cases::{CaseTools, read_cases, run_cases};

/// Where the fallback component lies in the SDK.
const FALLBACK: &str = "share/warpgrid/fallback/fallback.wasm";

/// One row a case, target, variant and host.
///
/// # Errors
/// When the cases cannot be read.
pub(super) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let sdk = context.sdk()?;
    let scratch = context.scratch("libc")?;
    let cases = read_cases(&context.paths.root.join("tests/libc"))?;
    let sysroot = |triple: &str, variant: Variant| sdk.sysroot(triple, variant.as_str());
    let rows = run_cases(
        &cases,
        &CaseTools {
            clang: &sdk.program("clang"),
            flags: &[],
            env: &[],
            sysroot: &sysroot,
            warp: &sdk.program("warp"),
            wasmtime: Ok(&sdk.wasmtime),
            fallback: &sdk.folder.join(FALLBACK),
            scratch: &scratch,
            jobs: context.jobs,
            bless: context.bless,
        },
    );
    let mut report = SuiteReport::new("libc");
    for row in rows {
        report.add(
            format!("{} {} {}", row.name, row.target, row.variant.as_str()),
            row.outcome,
            row.duration,
        );
    }
    Ok(report)
}
