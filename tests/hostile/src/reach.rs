//! Misdeeds that reach out of the plugin's process: other processes, files, the network.
//!
//! What came of each is logged as `reach ACT: WHAT`, where WHAT begins with `refused` or `done`. None of them does harm
//! where nothing hinders it: signals and the like go to a process that the orders name.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use genomenas_plugin::message::{Ask, Discard, Proposal, Report, Setup};
use genomenas_plugin::{Instance, Parameters, Result, register};

use super::{Hostile, Orders, misdeed};

/// What to do, before the other misdeed.
#[derive(Clone, Debug, Parameters)]
pub(crate) struct ReachOrders {
    /// The act.
    #[parameter(default = "nothing")]
    pub act: String,
    /// What it is about: a path, or a number after `n`.
    #[parameter(default = "")]
    pub arg: String,
    /// What follows: a misdeed of the strategy `hostile`, or `sleep` for ever.
    #[parameter(default = "nothing")]
    pub then: String,
    /// The hook in which to do it, the first time that it is called.
    #[parameter(default = "propose", one_of = ["create", "propose", "update", "discard", "save"])]
    pub hook: String,
    /// Architectures that it has trained.
    #[parameter(default = 1, maximum = 100)]
    pub trials: usize,
}

/// A strategy that behaves apart from its act.
#[derive(Debug)]
pub(crate) struct Reaching {
    orders: ReachOrders,
    inner: Hostile,
    hooks: Vec<&'static str>,
}

impl Reaching {
    fn new(setup: &Setup, orders: ReachOrders) -> Result<Self> {
        let inner = Hostile::new(setup, Orders { trials: orders.trials, ..Orders::default() })?;
        let mut reaching = Self { orders, inner, hooks: Vec::new() };
        reaching.reach("create")?;
        Ok(reaching)
    }

    fn reach(&mut self, hook: &'static str) -> Result<()> {
        if self.orders.hook != hook || self.hooks.contains(&hook) {
            return Ok(());
        }
        self.hooks.push(hook);
        let ReachOrders { act, arg, then, .. } = &self.orders;
        report(act, arg);
        if then == "sleep" {
            loop {
                std::thread::sleep(Duration::from_secs(1000));
            }
        }
        misdeed(then, hook)
    }
}

impl Instance for Reaching {
    fn propose(&mut self, ask: &Ask) -> Result<Proposal> {
        self.reach("propose")?;
        self.inner.propose(ask)
    }

    fn update(&mut self, report: &Report) -> Result<()> {
        self.reach("update")?;
        self.inner.update(report)
    }

    fn discard(&mut self, report: &Report) -> Result<Vec<Discard>> {
        self.reach("discard")?;
        self.inner.discard(report)
    }

    fn save(&self) -> Result<Vec<u8>> {
        self.inner.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.inner.load(state)
    }
}

fn report(act: &str, arg: &str) {
    match attempt(act, arg) {
        Ok(what) => log::warn!("reach {act}: done: {what}"),
        Err(error) => log::warn!("reach {act}: refused: {error}"),
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the misdeeds")]
fn attempt(act: &str, arg: &str) -> io::Result<String> {
    let number = || arg.trim_start_matches('n').parse::<i32>().map_err(io::Error::other);
    let pid = number;
    let done = |()| Ok("it worked".to_owned());
    match act {
        "children" => (0..20).try_for_each(|_| fork(|| false)).and_then(done),
        "daemon" => fork(|| true).and_then(done),
        "daemon-noisy" => fork_with(
            || true,
            || loop {
                eprintln!("a daemon speaks");
                std::thread::sleep(Duration::from_millis(10));
            },
        )
        .and_then(done),
        "command" => {
            let child = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn()?;
            Ok(child.id().to_string())
        }
        "no-pdeathsig" => call(libc::SYS_prctl, [libc::PR_SET_PDEATHSIG.into(), 0, 0, 0]).and_then(done),
        "read" => {
            let mut text = Vec::new();
            File::open(arg)?.read_to_end(&mut text)?;
            Ok(format!("{} bytes", text.len()))
        }
        "list" => Ok(format!("{} entries", fs::read_dir(arg)?.count())),
        "write" => File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(arg)?
            .write_all(b"{\"state\":\"done\"}")
            .and_then(done),
        "truncate" => {
            let path = std::ffi::CString::new(arg)?;
            call(libc::SYS_truncate, [path.as_ptr() as i64, 0, 0, 0]).and_then(done)
        }
        "remove" => fs::remove_file(arg).and_then(done),
        "chmod" => fs::set_permissions(arg, fs::Permissions::from_mode(0o600)).and_then(done),
        "link" => fs::hard_link(arg, std::env::temp_dir().join("link")).and_then(done),
        "kill" => call(libc::SYS_kill, [pid()?.into(), libc::SIGKILL.into(), 0, 0]).and_then(done),
        "tgkill" => call(libc::SYS_tgkill, [pid()?.into(), pid()?.into(), libc::SIGKILL.into(), 0]).and_then(done),
        "pidfd" => call(libc::SYS_pidfd_open, [pid()?.into(), 0, 0, 0]).and_then(done),
        "ptrace" => call(libc::SYS_ptrace, [libc::PTRACE_SEIZE.into(), pid()?.into(), 0, 0]).and_then(done),
        "limits" => call(libc::SYS_prlimit64, [pid()?.into(), libc::RLIMIT_NOFILE.into(), 0, 0]).and_then(done),
        "memory" => {
            let mut byte = [0_u8];
            let own = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
            let vector = (&raw const own) as i64;
            call(libc::SYS_process_vm_readv, [pid()?.into(), vector, 1, vector]).and_then(done)
        }
        "tcp" => TcpStream::connect("127.0.0.1:9").map(|_| "connected".to_owned()),
        "listen" => TcpListener::bind("127.0.0.1:0").map(|_| "bound".to_owned()),
        "udp" => UdpSocket::bind("127.0.0.1:0").map(|_| "bound".to_owned()),
        "unix" => UnixStream::pair().map(|_| "a pair".to_owned()),
        "io-uring" => call(libc::SYS_io_uring_setup, [1, 0, 0, 0]).and_then(done),
        "unshare" => call(libc::SYS_unshare, [libc::CLONE_NEWNS.into(), 0, 0, 0]).and_then(done),
        // The same call by another name, where the kernel has that interface.
        "x32" => call(0x4000_0000 + libc::SYS_getpid, [0; 4]).and_then(done),
        "scratch" => {
            let path = std::env::temp_dir().join("notes");
            fs::create_dir(std::env::temp_dir().join("folder"))?;
            File::create(&path)?.write_all(b"notes")?;
            Ok(fs::read_to_string(&path)? + " in " + &path.display().to_string())
        }
        "thread" => {
            let thread = std::thread::Builder::new().spawn(|| 7)?;
            Ok(format!("a thread said {}", thread.join().unwrap_or_default()))
        }
        "environment" => {
            let mut names: Vec<_> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
            names.sort();
            Ok(names.join(" "))
        }
        "descriptors" => {
            // Of the first thousand, those that are open, with nothing opened to find out.
            let open = |number: &i64| call(libc::SYS_fcntl, [*number, libc::F_GETFD.into(), 0, 0]).is_ok();
            Ok(format!("{:?}", (0..1000).filter(open).collect::<Vec<_>>()))
        }
        "flood" => {
            let line = "x".repeat(999);
            for _ in 0..number()? * 1000 {
                println!("{line}");
                eprintln!("{line}");
            }
            Ok("printed".to_owned())
        }
        _ => Ok("nothing".to_owned()),
    }
}

/// A system call as it is: the C library would refuse, or do otherwise, for some.
fn call(number: i64, arguments: [i64; 4]) -> io::Result<()> {
    let [a, b, c, d] = arguments;
    // SAFETY: pointers among the arguments point to values that outlive the call.
    #[expect(unsafe_code, reason = "the misdeed")]
    let result = unsafe { libc::syscall(number, a, b, c, d, 1, 0) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A child that sleeps for ever; a grandchild in a session of its own where `twice`.
fn fork(twice: fn() -> bool) -> io::Result<()> {
    fork_with(twice, || {
        loop {
            std::thread::sleep(Duration::from_secs(1000));
        }
    })
}

fn fork_with(twice: fn() -> bool, then: fn()) -> io::Result<()> {
    // SAFETY: the child calls nothing but what is safe in a copy of a process with several threads: it sleeps, or
    // prints, which is a misdeed already.
    #[expect(unsafe_code, reason = "the misdeed")]
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "the misdeed")]
    unsafe {
        match libc::fork() {
            -1 => return Err(io::Error::last_os_error()),
            0 => {}
            _ => return Ok(()),
        }
        if twice() {
            libc::setsid();
            if libc::fork() != 0 {
                libc::_exit(0);
            }
        }
        then();
        libc::_exit(0)
    }
}

/// Runs while the library is loaded, before anything of the host could object: `LANG=evil:ACT`.
extern "C" fn constructor() {
    let order = std::env::var("LANG").unwrap_or_default();
    if let Some(act) = order.strip_prefix("evil:") {
        #[expect(clippy::print_stderr, reason = "no logger is set yet")]
        match attempt(act, "") {
            Ok(what) => eprintln!("reach {act}: done: {what}"),
            Err(error) => eprintln!("reach {act}: refused: {error}"),
        }
    }
}

// SAFETY: the loader calls every function of this section once.
#[expect(unsafe_code, reason = "the misdeed")]
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;

register! {
    Box<dyn Instance>,
    id = "reaching",
    kind = search,
    about = "Reaches out of its process.",
    parameters = ReachOrders,
    build = |setup, orders| Ok(Box::new(Reaching::new(setup, orders)?)),
}
