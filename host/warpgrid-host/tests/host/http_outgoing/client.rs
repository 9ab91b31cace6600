//! Guests that send requests, and what they are given; knows no case.

use crate::harness::{config, guest};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use warpgrid_grants::net::NetworkPolicy;
use warpgrid_grants::refusal::{Capability, Reason};
use warpgrid_host::instance::{InstanceOptions, Outcome, Stdio};
use warpgrid_host::shims::dns::{SystemError, SystemResolver};
use warpgrid_host::{AppConfig, Application};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

/// The two doors: WASI 0.2 and 0.3.
pub(crate) const DOORS: [&str; 2] = ["httpout_get", "httpout_get_p3"];

/// A system's resolver that gives one answer after the other, and the last one for ever.
pub(crate) struct System {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl System {
    pub(crate) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let ips = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(ips).collect(), asked: AtomicUsize::new(0) })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl SystemResolver for System {
    fn resolve<'a>(
        &'a self,
        _: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, SystemError>> + Send + 'a>> {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = self.answers.get(turn).or(self.answers.last()).cloned();
        Box::pin(async move {
            match answer {
                Some(answer) => Ok(answer),
                None => std::future::pending().await,
            }
        })
    }
}

/// Names of the registry for servers on loopback.
const REGISTRY: &str = "[registry]\n'users.example' = '127.0.0.1'\n'other.example' = '127.0.0.1'\n";
const ASK_SYSTEM: &str = "[shims]\ndns = { system = true, ttl-seconds = 0, negative-ttl-seconds = 0 }\n";

/// An application that sends requests.
pub(crate) struct Sender {
    application: Application,
    door: &'static str,
}

/// What became of a request, as the guest saw it, and what was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) text: String,
    pub(crate) refused: Vec<(String, Reason)>,
}

impl Sender {
    /// An application that may go where `allow` says.
    pub(crate) fn new(door: &'static str, allow: &[String], edit: impl FnOnce(&mut AppConfig)) -> Self {
        Self::with(door, REGISTRY, allow, edit)
    }

    /// The same, with a system's resolver instead of a registry.
    pub(crate) fn asking(door: &'static str, allow: &[String], system: &Arc<System>) -> Self {
        Self::with(door, ASK_SYSTEM, allow, |app| app.system_resolver = system.clone())
    }

    pub(crate) fn with(
        door: &'static str,
        toml: &str,
        allow: &[String],
        edit: impl FnOnce(&mut AppConfig),
    ) -> Self {
        let (shims, mut app) = config(toml);
        app.network = Arc::new(NetworkPolicy::new(allow, &[]).unwrap());
        edit(&mut app);
        let application = crate::harness::engine(shims).unwrap().load_module(&guest(door), app).unwrap();
        Self { application, door }
    }

    /// Has the guest send a request.
    pub(crate) async fn get(&self, url: &str, options: &[&str]) -> Sent {
        self.get_after(0, url, options).await
    }

    /// The same, as part of work that has passed through `hops` services.
    pub(crate) async fn get_after(&self, hops: u32, url: &str, options: &[&str]) -> Sent {
        let mut arguments = vec!["guest".to_owned()];
        if self.door == "httpout_get_p3" {
            let (scheme, rest) = url.split_once("://").unwrap();
            let (authority, path) = rest.split_at(rest.find('/').unwrap());
            arguments.extend([scheme, authority, path].map(str::to_owned));
        } else {
            arguments.push(url.to_owned());
        }
        arguments.extend(options.iter().map(|option| (*option).to_owned()));
        self.run(hops, arguments).await
    }

    pub(crate) async fn run(&self, hops: u32, arguments: Vec<String>) -> Sent {
        let output = MemoryOutputPipe::new(1 << 20);
        let stdio = Stdio::Streams { input: None, output: Some(Box::new(output.clone())), error: None };
        let options = InstanceOptions { arguments, stdio, hops, ..InstanceOptions::default() };
        let instance = self.application.instantiate(options);
        let facts = instance.facts().clone();
        let outcome = instance.run().await;
        assert!(matches!(outcome, Ok(Outcome::Exited(0))), "{outcome:?}");
        let refused = facts.refusals.newest();
        assert!(refused.iter().all(|refusal| refusal.capability == Capability::Http), "{refused:?}");
        Sent {
            text: String::from_utf8(output.contents().to_vec()).unwrap().trim_end().to_owned(),
            refused: refused.into_iter().map(|refusal| (refusal.subject, refusal.reason)).collect(),
        }
    }
}

/// A request that was answered.
pub(crate) fn answered(text: &str) -> Sent {
    Sent { text: text.to_owned(), refused: Vec::new() }
}

/// A request that failed without a refusal.
pub(crate) fn failed(code: &str) -> Sent {
    answered(&format!("error ErrorCode::{code}"))
}

/// A request that was refused.
pub(crate) fn refused(code: &str, subject: &str, reason: Reason) -> Sent {
    Sent { text: format!("error ErrorCode::{code}"), refused: vec![(subject.to_owned(), reason)] }
}

/// Services by name.
pub(crate) fn services(
    entries: impl IntoIterator<Item = (&'static str, Arc<dyn warpgrid_host::http::LocalService>)>,
) -> Arc<warpgrid_host::http::Services> {
    let name = |name| warpgrid_grants::names::HostName::new(name).unwrap();
    Arc::new(entries.into_iter().map(|(text, service)| (name(text), service)).collect::<BTreeMap<_, _>>())
}
