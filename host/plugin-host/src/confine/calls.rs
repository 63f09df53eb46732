//! System calls, by seccomp: none that reach another process, the network, the kernel's settings or a file's owner.
//!
//! A filter sees numbers and not what pointers lead to, so it cannot allow one path and refuse another. It refuses by
//! EPERM; calls that the C library can do without (clone3), and calls that are newer than this list, by ENOSYS, as an
//! older kernel would.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter, sock_filter,
};

use crate::protections::Protections;

/// What the filter protects.
pub(super) const PROTECTED: &str = "network, helper processes, other processes";

/// The newest call that was looked at (`file_setattr`, Linux 6.17). Numbers above include those of the x32 interface,
/// which would be another name for each call.
const NEWEST: u32 = 469;

/// Calls that are refused whatever is passed.
const NEVER: &[i64] = &[
    // New connections; what is open already stays usable.
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    // Other programs.
    libc::SYS_execve,
    libc::SYS_execveat,
    // The memory, descriptors and schedule of other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kcmp,
    libc::SYS_tkill,
    libc::SYS_perf_event_open,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setattr,
    // Memory and queues that outlive the process.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    libc::SYS_mq_notify,
    // Mode, owner, times and attributes of files, which Landlock does not look at.
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    SYS_FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_truncate,
    libc::SYS_mknodat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    SYS_SETXATTRAT,
    SYS_REMOVEXATTRAT,
    SYS_FILE_SETATTR,
    // Files by handles, and news of what others do with files.
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_inotify_init1,
    // Users: a change of user also takes back the signal at the parent's death.
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_setgroups,
    libc::SYS_capset,
    libc::SYS_setrlimit,
    // Mounts and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    SYS_OPEN_TREE_ATTR,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    // The kernel.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_personality,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
];

// Since number 424, all architectures count alike; the crate `libc` lacks these.
const SYS_FCHMODAT2: i64 = 452;
const SYS_SETXATTRAT: i64 = 463;
const SYS_REMOVEXATTRAT: i64 = 466;
const SYS_OPEN_TREE_ATTR: i64 = 467;
const SYS_FILE_SETATTR: i64 = 469;

/// Those that only this architecture still has.
#[cfg(target_arch = "x86_64")]
const NEVER_HERE: &[i64] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
    libc::SYS_mknod,
    libc::SYS_inotify_init,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
    libc::SYS_kexec_file_load,
];
#[cfg(not(target_arch = "x86_64"))]
const NEVER_HERE: &[i64] = &[];

const FIOSETOWN: u64 = 0x8901;
const SIOCSPGRP: u64 = 0x8902;
const F_SETOWN: u64 = 8;
const F_SETSIG: u64 = 10;
const F_SETOWN_EX: u64 = 15;
const IOPRIO_WHO_PROCESS: u64 = 1;

/// Confines this thread and those that it will start.
pub(super) fn confine(protections: &mut Protections) -> Result<(), String> {
    let Ok(architecture) = TargetArch::try_from(std::env::consts::ARCH) else {
        protections.off.push(format!("{PROTECTED} (no filter of system calls for this processor)"));
        return Ok(());
    };
    match programs(architecture).and_then(|programs| programs.iter().try_for_each(|program| apply_filter(program))) {
        Ok(()) => protections.on.push(format!("{PROTECTED} (seccomp)")),
        Err(Error::Seccomp(error)) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL)) => {
            protections.off.push(format!("{PROTECTED} (this kernel has no seccomp filters)"));
        }
        Err(error) => return Err(format!("seccomp, which this kernel has, cannot be applied: {error}")),
    }
    Ok(())
}

fn programs(architecture: TargetArch) -> Result<[BpfProgram; 3], Error> {
    let errno = |number: i32| SeccompAction::Errno(number.cast_unsigned());
    let filter = |rules, number| -> Result<BpfProgram, Error> {
        Ok(SeccompFilter::new(rules, SeccompAction::Allow, errno(number), architecture)?.try_into()?)
    };
    // A structure behind a pointer says what clone3 makes; without it, the C library calls clone.
    let unseen = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    Ok([only_known_calls(), filter(unseen, libc::ENOSYS)?, filter(refused()?, libc::EPERM)?])
}

/// Refuses numbers above [`NEWEST`]: load the number, compare, return.
fn only_known_calls() -> BpfProgram {
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_GREATER: u16 = 0x25;
    const RETURN: u16 = 0x06;
    const ALLOW: u32 = 0x7fff_0000;
    const ERRNO: u32 = 0x0005_0000;
    let statement = |code, k| sock_filter { code, jt: 0, jf: 0, k };
    vec![
        statement(LOAD_WORD, 0),
        sock_filter { code: JUMP_IF_GREATER, jt: 0, jf: 1, k: NEWEST },
        statement(RETURN, ERRNO | libc::ENOSYS.cast_unsigned()),
        statement(RETURN, ALLOW),
    ]
}

/// Calls that are refused, with conditions on what is passed.
fn refused() -> Result<BTreeMap<i64, Vec<SeccompRule>>, Error> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        NEVER.iter().chain(NEVER_HERE).map(|&call| (call, Vec::new())).collect();
    let own = u64::from(std::process::id());
    let is = |argument, value| condition(argument, SeccompCmpOp::Eq, value);
    let is_not = |argument, value| condition(argument, SeccompCmpOp::Ne, value);
    // Signals to itself: panics, aborts and raise.
    for call in [libc::SYS_kill, libc::SYS_tgkill, libc::SYS_rt_sigqueueinfo, libc::SYS_rt_tgsigqueueinfo] {
        rules.insert(call, vec![all([is_not(0, own)?])?]);
    }
    // Of itself, by number or as 0; and its limits are read, not set.
    let other = |argument| -> Result<SeccompRule, Error> { all([is_not(argument, 0)?, is_not(argument, own)?]) };
    let limit_is_set = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)?;
    rules.insert(libc::SYS_prlimit64, vec![other(0)?, all([limit_is_set])?]);
    rules.insert(libc::SYS_sched_setaffinity, vec![other(0)?]);
    let of_a_process = u64::from(libc::PRIO_PROCESS);
    rules.insert(libc::SYS_setpriority, vec![other(1)?, all([is_not(0, of_a_process)?])?]);
    rules.insert(libc::SYS_ioprio_set, vec![other(1)?, all([is_not(0, IOPRIO_WHO_PROCESS)?])?]);
    // Threads and no processes.
    let thread = u64::from(libc::CLONE_THREAD.cast_unsigned());
    rules.insert(libc::SYS_clone, vec![all([condition(0, SeccompCmpOp::MaskedEq(thread), 0)?])?]);
    // Signals by way of a descriptor's owner.
    let any_of = |argument, values: &[u64]| -> Result<Vec<SeccompRule>, Error> {
        values.iter().map(|&value| all([is(argument, value)?])).collect()
    };
    rules.insert(libc::SYS_fcntl, any_of(1, &[F_SETOWN, F_SETSIG, F_SETOWN_EX])?);
    // Typing into a terminal is as good as a command.
    rules.insert(libc::SYS_ioctl, any_of(1, &[FIOSETOWN, SIOCSPGRP, libc::TIOCSTI, libc::TIOCLINUX])?);
    let settings = [libc::PR_SET_PDEATHSIG, libc::PR_SET_PTRACER, libc::PR_SET_CHILD_SUBREAPER, libc::PR_SET_MM];
    rules.insert(libc::SYS_prctl, any_of(0, &settings.map(|setting| u64::from(setting.cast_unsigned())))?);
    Ok(rules)
}

fn condition(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, Error> {
    // What is compared are 32-bit numbers; the kernel ignores the upper half of the register.
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)?)
}

fn all(conditions: impl Into<Vec<SeccompCondition>>) -> Result<SeccompRule, Error> {
    Ok(SeccompRule::new(conditions.into())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_compile_and_no_call_is_newer_than_the_newest() {
        let architecture = TargetArch::try_from(std::env::consts::ARCH).unwrap();
        // What the kernel takes at most.
        assert!(programs(architecture).unwrap().iter().all(|program| (4..4096).contains(&program.len())));
        assert!(refused().unwrap().keys().all(|&call| call <= i64::from(NEWEST)));
    }
}
