//! The few calls of the operating system that the standard library does not have. All unsafe code
//! of the program stands in this file.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

/// CPU time that all threads of a process have used since it began; none when it is gone.
pub(super) fn process_cpu(pid: u32) -> Option<Duration> {
    // The kernel gives no larger ones; they would be cut to the id of another process, and 0 means
    // this one.
    const LARGEST_PID: u32 = 1 << 22;
    let pid = libc::pid_t::try_from(pid)
        .ok()
        .filter(|_| (1..=LARGEST_PID).contains(&pid))?;
    let mut clock: libc::clockid_t = 0;
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    #[expect(
        unsafe_code,
        reason = "reads a clock into two local variables that outlive the calls"
    )]
    let read = unsafe {
        libc::clock_getcpuclockid(pid, &raw mut clock) == 0
            && libc::clock_gettime(clock, &raw mut time) == 0
    };
    let (seconds, nanos) = (
        u64::try_from(time.tv_sec).ok()?,
        u32::try_from(time.tv_nsec).ok()?,
    );
    read.then(|| Duration::new(seconds, nanos))
}

/// How many clock ticks the kernel counts in a second where it counts in ticks.
pub(super) fn ticks_per_second() -> u64 {
    #[expect(
        unsafe_code,
        reason = "asks for a constant of the system; takes and keeps no pointer"
    )]
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    u64::try_from(ticks)
        .ok()
        .filter(|ticks| *ticks > 0)
        .unwrap_or(100)
}

/// Sends a signal to all processes of a group. A group that is gone already is no error.
pub(super) fn signal_group(leader: u32, signal: libc::c_int) -> io::Result<()> {
    let group = libc::pid_t::try_from(leader).map_err(io::Error::other)?;
    // 0 and 1 would mean this program's own group or every process of the user.
    if group <= 1 {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    #[expect(unsafe_code, reason = "sends a signal; takes and keeps no pointer")]
    let sent = unsafe { libc::kill(-group, signal) };
    match io::Error::last_os_error() {
        error if sent != 0 && error.raw_os_error() != Some(libc::ESRCH) => Err(error),
        _ => Ok(()),
    }
}

/// Has the child killed when the thread that starts it ends, however it ends.
pub(super) fn die_with_parent(command: &mut Command) {
    let parent = std::process::id();
    #[expect(
        unsafe_code,
        reason = "runs between fork and exec and calls only prctl and getppid, which are safe there"
    )]
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have ended before the call above.
            if libc::getppid().cast_unsigned() != parent {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
            Ok(())
        });
    }
}

/// Has the kernel wake this thread at the end of its sleeps and not up to 50 µs later, which it may
/// do to join timers. False if it refuses.
pub(super) fn wake_precisely() -> bool {
    let (slack, unused): (libc::c_ulong, libc::c_ulong) = (1, 0);
    #[expect(
        unsafe_code,
        reason = "sets a number of the calling thread; takes and keeps no pointer"
    )]
    let refused = unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, slack, unused, unused, unused) };
    refused == 0
}

/// The time of the wall clock, for nothing but to see whether somebody sets it.
pub(super) fn wall_clock() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    #[expect(
        unsafe_code,
        reason = "reads a clock into a local variable that outlives the call"
    )]
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut time) };
    match (
        failed,
        u64::try_from(time.tv_sec),
        u32::try_from(time.tv_nsec),
    ) {
        (0, Ok(seconds), Ok(nanos)) => Duration::new(seconds, nanos),
        _ => Duration::ZERO,
    }
}

/// How many descriptors this process may have open; none where there is no limit.
pub(super) fn descriptor_limit() -> Option<u64> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    #[expect(
        unsafe_code,
        reason = "reads a limit into a local variable that outlives the call"
    )]
    let failed = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    (failed == 0 && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_this_process_goes_on() {
        let before = process_cpu(std::process::id()).unwrap();
        let mut sum = 0u64;
        for n in 0..2_000_000u64 {
            sum = std::hint::black_box(sum.wrapping_add(n));
        }
        assert!(process_cpu(std::process::id()).unwrap() > before);
        for pid in [0, (1 << 22) + 1, u32::MAX / 2, u32::MAX] {
            assert_eq!(process_cpu(pid), None, "{pid}");
        }
    }

    #[test]
    fn no_signal_goes_to_everybody() {
        assert!(signal_group(0, 0).is_err());
        assert!(signal_group(1, 0).is_err());
    }
}
