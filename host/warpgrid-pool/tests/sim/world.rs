//! One run from a seed: what happens when, and what must hold after each step; knows no bytes.

use crate::guest::{Guest, Known, stop};
use crate::server::{Flaw, Network, Simulated, Weather};
use crate::wire::Messages;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol, Tenant};
use warpgrid_pool::net::ServerAddress;
use warpgrid_pool::{ConnectionPoolManager, Pool};

/// What a run showed.
pub(crate) struct Run {
    pub(crate) outcome: Result<(), String>,
    pub(crate) log: Vec<String>,
}

const STEPS: usize = 60;

struct World {
    simulated: Arc<Simulated>,
    manager: Arc<ConnectionPoolManager>,
    pool: Arc<Pool>,
    random: fastrand::Rng,
    size: usize,
    guests: Vec<(String, JoinHandle<()>)>,
    others: Vec<JoinHandle<()>>,
    known: Arc<Mutex<Vec<Known>>>,
    count: usize,
}

pub(crate) fn run(seed: u64, flaw: Flaw) -> Run {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(seed, flaw);
        let simulated = world.simulated.clone();
        let outcome = world.live().await;
        let outcome = match outcome {
            Ok(()) => world.end().await,
            failed => failed,
        };
        let mut state = simulated.state();
        Run { outcome, log: std::mem::take(&mut state.log) }
    })
}

impl World {
    fn new(seed: u64, flaw: Flaw) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let simulated = Simulated::new(random.u64(..), flaw);
        let manager = ConnectionPoolManager::new(Arc::new(Network(simulated.clone())), random.u64(..));
        let size = random.usize(1..6);
        let options = PoolOptions {
            size,
            wait: Duration::from_millis(random.u64(200..4000)),
            queue: random.usize(2..12),
            idle: Duration::from_secs(random.u64(2..10)),
            lifetime: Duration::from_secs(random.u64(5..30)),
            healthcheck: Duration::from_secs(random.u64(1..4)),
            connect: Duration::from_secs(1),
            retry: Duration::from_millis(300),
            greeting: Duration::from_secs(3),
            stall: Duration::from_secs(3),
            reply: Duration::from_secs(5),
            transaction: Duration::from_secs(4),
            reset: Duration::from_millis(900),
        };
        let pool = manager.pool(Endpoint {
            name: "orders".to_owned(),
            protocol: Protocol::Postgres,
            server: ServerAddress::Tcp { host: "db".to_owned(), port: 5432 },
            database: Some("shop".to_owned()),
            user: None,
            password: None,
            tls: None,
            guest_login: GuestLogin::Any,
            options,
        });
        let (guests, others, known) = (Vec::new(), Vec::new(), Arc::default());
        Self { simulated, manager, pool, random, size, guests, others, known, count: 0 }
    }

    async fn live(&mut self) -> Result<(), String> {
        for _ in 0..STEPS {
            self.step();
            sleep(Duration::from_millis(self.random.u64(0..60))).await;
            self.check().await?;
        }
        Ok(())
    }

    fn step(&mut self) {
        match self.random.u32(..100) {
            0..55 => self.come(),
            55..65 => self.go(),
            65..75 => self.cancel(),
            75..80 => {
                self.simulated.log("one session is killed".to_owned());
                self.simulated.crash(false);
            }
            80..83 => {
                self.simulated.log("crash".to_owned());
                self.simulated.state().weather = Weather::Down;
                self.simulated.crash(true);
            }
            83..86 => self.weather("hang", Weather::Hanging),
            86..89 => self.weather("slow", Weather::Slow),
            89..91 => {
                self.simulated.log("reload".to_owned());
                self.manager.reload();
            }
            _ => self.weather("fair", Weather::Fair),
        }
    }

    fn weather(&self, name: &str, weather: Weather) {
        self.simulated.log(format!("the server: {name}"));
        self.simulated.state().weather = weather;
    }

    fn come(&mut self) {
        self.count += 1;
        let tenant = ["a", "b", "c"][self.random.usize(..3)].to_owned();
        let name = format!("{tenant}.{}", self.count);
        let guest = Guest {
            name: name.clone(),
            stream: self.pool.connect(&Tenant::new(&tenant)),
            tenant,
            messages: Messages::default(),
            random: self.random.fork(),
            simulated: self.simulated.clone(),
            known: self.known.clone(),
            rest: Duration::from_millis(self.random.u64(0..8000)),
        };
        self.guests.push((name, tokio::spawn(guest.live())));
    }

    /// A guest is dropped, wherever it stands.
    fn go(&mut self) {
        if self.guests.is_empty() {
            return;
        }
        let (name, guest) = self.guests.swap_remove(self.random.usize(..self.guests.len()));
        if !guest.is_finished() {
            self.simulated.log(format!("{name} is dropped"));
        }
        guest.abort();
        self.others.push(guest);
    }

    /// Somebody asks to stop what a guest does: of its own tenant, or of another that has got hold of the key.
    fn cancel(&mut self) {
        let known = self.known.lock().unwrap().clone();
        let Some(victim) = self.random.choice(known) else { return };
        let tenant = ["a", "b", "c"][self.random.usize(..3)];
        self.simulated.log(format!("a guest of {tenant} cancels {}", victim.name));
        if tenant == victim.tenant {
            self.simulated.state().cancelled.insert(victim.name);
        }
        let stream = self.pool.connect(&Tenant::new(tenant));
        self.others.push(tokio::spawn(stop(stream, victim.key)));
    }

    /// What holds at any moment.
    async fn check(&mut self) -> Result<(), String> {
        let stats = self.pool.stats();
        let places = stats.taken + stats.idle + stats.busy;
        if places > self.size {
            return Err(format!("{places} places of {} are in use: {stats:?}", self.size));
        }
        let held = self.simulated.held();
        if held > self.size {
            return Err(format!("{held} sessions are open, {} may be", self.size));
        }
        if stats.waiting > self.pool.endpoint().options.queue {
            return Err(format!("{} guests wait", stats.waiting));
        }
        if stats.waiting > 0 && stats.idle > 0 {
            return Err(format!("a guest waits while a session is idle: {stats:?}"));
        }
        for index in (0..self.guests.len()).rev() {
            if self.guests[index].1.is_finished() {
                let (name, guest) = self.guests.swap_remove(index);
                guest.await.map_err(|error| format!("guest {name} failed: {error}"))?;
            }
        }
        if let Some(process) = self.simulated.forgotten(Duration::from_secs(7)) {
            return Err(format!("session {process} stays in its transaction"));
        }
        let guests = self.guests.iter().map(|(_, guest)| guest).chain(&self.others);
        let guests = guests.filter(|guest| !guest.is_finished()).count();
        let stats = self.pool.stats();
        if stats.taken + stats.waiting > guests {
            return Err(format!("there are {guests} guests: {stats:?}"));
        }
        self.simulated.state().broken.clone().map_or(Ok(()), Err)
    }

    /// Everything goes back to rest by itself, and nothing is lost.
    async fn end(mut self) -> Result<(), String> {
        self.weather("fair", Weather::Fair);
        self.simulated.log("nobody comes any more".to_owned());
        for _ in 0..600 {
            sleep(Duration::from_millis(100)).await;
            self.check().await?;
            self.others.retain(|other| !other.is_finished());
            let stats = self.pool.stats();
            if self.guests.is_empty()
                && self.others.is_empty()
                && stats.taken + stats.busy + stats.waiting == 0
            {
                break;
            }
        }
        let waiting = self.guests.iter().map(|(name, _)| name).collect::<Vec<_>>();
        if !waiting.is_empty() {
            return Err(format!("{waiting:?} wait for something that never comes"));
        }
        let stats = self.pool.stats();
        if stats.taken + stats.busy + stats.waiting > 0 {
            return Err(format!("not all places came back: {stats:?}"));
        }
        self.all_places_can_be_taken().await?;
        drop((self.pool, self.manager));
        sleep(Duration::from_secs(2)).await;
        match self.simulated.state().connections {
            0 => Ok(()),
            left => Err(format!("{left} connections outlive the pool")),
        }
    }

    async fn all_places_can_be_taken(&mut self) -> Result<(), String> {
        // A pause in which nobody tries to connect may still run.
        sleep(Duration::from_secs(1)).await;
        let mut streams = Vec::new();
        for number in 0..self.size {
            let mut stream = self.pool.connect(&Tenant::new("last"));
            stream.write_all(&crate::wire::startup("web")).await.map_err(|error| error.to_string())?;
            let checked_out = std::future::poll_fn(|context| stream.poll_checked_out(context)).await;
            checked_out.map_err(|error| format!("place {number} of {} is lost: {error}", self.size))?;
            streams.push(stream);
        }
        let stats = self.pool.stats();
        drop(streams);
        sleep(Duration::from_secs(2)).await;
        if stats.taken == self.size { Ok(()) } else { Err(format!("places are lost: {stats:?}")) }
    }
}
