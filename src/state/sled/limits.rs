//! The limits on the threads of this process.
#![expect(clippy::disallowed_methods, reason = "limits stand in files below /proc and /sys")]

use rustix::process::{Resource, getrlimit};
use std::path::{Component, Path, PathBuf};

/// A limit of at least this many threads is none: the few of a store are not what is missing below it.
const MANY_THREADS: u64 = 4096;

/// Whether the system may refuse a few threads: it limits their number for the user or for a control group, or the address space, of
/// which each needs a piece.
pub(super) fn are_threads_limited() -> bool {
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    let limit = |resource| getrlimit(resource).current;
    are_few(limit(Resource::As), limit(Resource::Nproc), || are_tasks_limited(read))
}

/// The same for these limits of the address space and of the threads of the user.
fn are_few(address_space: Option<u64>, threads: Option<u64>, are_tasks: impl FnOnce() -> bool) -> bool {
    address_space.is_some() || threads.is_some_and(|threads| threads < MANY_THREADS) || are_tasks()
}

/// Whether a control group of this process, or one above it, has few tasks.
fn are_tasks_limited(read: impl Fn(&Path) -> Option<String>) -> bool {
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().flat_map(limit_files).filter_map(|path| read(&path)?.trim().parse().ok());
    limits.min().is_some_and(|tasks: u64| tasks < MANY_THREADS)
}

/// The files that may have a limit for a group in `/proc/self/cgroup`: its own and those of the groups above it. In a container, the
/// path may be that of the host, of which only the root exists. A file that says `max` sets no limit.
fn limit_files(group: &str) -> Vec<PathBuf> {
    let mut parts = group.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
    let root = match controllers {
        "" => "/sys/fs/cgroup",
        "pids" => "/sys/fs/cgroup/pids",
        _ => return Vec::new(),
    };
    let plain = |part: &Component<'_>| matches!(part, Component::Normal(_));
    let below_root: PathBuf = Path::new(path).components().filter(plain).collect();
    below_root.ancestors().map(|group| Path::new(root).join(group).join("pids.max")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(files: &[(&str, &str)]) -> bool {
        let found = |path: &Path| files.iter().find(|(name, _)| Path::new(name) == path);
        are_tasks_limited(|path| found(path).map(|(_, text)| (*text).to_owned()))
    }

    #[test]
    fn each_limit_counts_by_itself() {
        let (no_tasks, tasks) = (|| false, || true);
        assert!(!are_few(None, None, no_tasks));
        assert!(!are_few(None, Some(4096), no_tasks));
        assert!(are_few(None, Some(4095), no_tasks));
        assert!(are_few(Some(1 << 40), None, no_tasks), "each thread needs a piece of it");
        assert!(are_few(None, None, tasks) && are_few(None, Some(4096), tasks));
    }

    #[test]
    fn the_least_of_the_limits_up_to_the_root_counts() {
        let own = ("/proc/self/cgroup", "0::/a.slice/b\n");
        assert!(!limited(&[]));
        assert!(!limited(&[own]));
        let free = ("/sys/fs/cgroup/a.slice/b/pids.max", "max\n");
        assert!(!limited(&[own, free]));
        assert!(!limited(&[own, free, ("/sys/fs/cgroup/a.slice/pids.max", "4096\n")]));
        assert!(limited(&[own, free, ("/sys/fs/cgroup/a.slice/pids.max", "4095\n")]));
        assert!(limited(&[own, ("/sys/fs/cgroup/pids.max", "20\n")]));
        assert!(!limited(&[own, ("/sys/fs/cgroup/c/pids.max", "20\n")]));
    }

    #[test]
    fn of_version_1_only_the_controller_of_tasks_counts() {
        let own = ("/proc/self/cgroup", "8:pids:/p\n4:cpu,memory:/m\n");
        assert!(limited(&[own, ("/sys/fs/cgroup/pids/p/pids.max", "20\n")]));
        assert!(!limited(&[own, ("/sys/fs/cgroup/cpu/m/pids.max", "20\n")]));
    }
}
