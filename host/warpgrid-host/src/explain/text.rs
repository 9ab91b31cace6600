//! An explanation for people; decides nothing.

use super::report::{Explanation, Form, Group, Kind};
use std::fmt;

impl fmt::Display for Explanation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Command => "a command",
            Kind::Http => "an HTTP service",
            Kind::Neither => "neither a command nor an HTTP service: this host does not run it",
        };
        let form = match self.form {
            Form::Component => "a component",
            Form::Composed => "a component that carries its fallback",
            Form::Preview1Module => "a core module, adapted",
        };
        writeln!(out, "kind: {kind}")?;
        writeln!(out, "form: {form}")?;
        writeln!(out, "WASI: {}", if self.wasi.is_empty() { "none".into() } else { self.wasi.join(", ") })?;
        list(out, "", "exports", &self.exports)?;
        writeln!(out, "imports:")?;
        for group in &self.imports {
            write_group(out, group)?;
        }
        list(out, "", "answered by its fallback", &self.fallback)?;
        writeln!(out, "threading: {}", self.threading)?;
        writeln!(out, "limits:")?;
        for limit in &self.limits {
            writeln!(out, "  {} = {}", limit.key, limit.value)?;
        }
        if self.missing.is_empty() {
            return writeln!(out, "missing: nothing");
        }
        writeln!(out, "missing:")?;
        for missing in &self.missing {
            write!(out, "  {}", missing.import)?;
            if !missing.functions.is_empty() {
                write!(out, " ({})", missing.functions.join(", "))?;
            }
            writeln!(out, "\n    {}", missing.reason)?;
            for hint in &missing.hints {
                writeln!(out, "    hint: {hint}")?;
            }
        }
        Ok(())
    }
}

fn write_group(out: &mut fmt::Formatter<'_>, group: &Group) -> fmt::Result {
    write!(out, "  {}", group.area.title())?;
    match &group.shim {
        Some(shim) if shim.on => writeln!(out, ", by the {} shim", shim.key)?,
        Some(shim) => writeln!(out, "; the {} shim is off", shim.key)?,
        None => writeln!(out)?,
    }
    for import in &group.imports {
        writeln!(out, "    {import}")?;
    }
    list(out, "    ", "granted", &group.granted)?;
    list(out, "    ", "not granted", &group.to_grant)
}

fn list(out: &mut fmt::Formatter<'_>, indent: &str, title: &str, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{indent}{title}:")?;
    lines.iter().try_for_each(|line| writeln!(out, "{indent}  {line}"))
}
