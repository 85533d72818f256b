//! The default memory of a run: a quarter of what the machine and its limits allow.
#![expect(clippy::disallowed_methods, reason = "limits stand in files below /proc and /sys")]

use rustix::process::{Resource, getrlimit};
use std::path::{Component, Path, PathBuf};

/// The default if no limit is known.
const UNKNOWN_BYTES: u64 = 1 << 30;

/// The default of `--memory`.
pub(super) fn default_bytes() -> usize {
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    let address_space = getrlimit(Resource::As).current;
    let allowed = allowed_bytes(read).into_iter().chain(address_space).min();
    usize::try_from(allowed.unwrap_or(UNKNOWN_BYTES) / 4).unwrap_or(usize::MAX)
}

/// The memory of the machine or the limit of the control groups of this process, whichever is less, in bytes.
fn allowed_bytes(read: impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let machine = read(Path::new("/proc/meminfo")).and_then(|text| total_bytes(&text));
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().flat_map(limit_files).filter_map(|path| read(&path)?.trim().parse().ok());
    machine.into_iter().chain(limits).min()
}

fn total_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// The files that may have a limit for a group in `/proc/self/cgroup`: its own and those of the groups above it, up to the
/// root. In a container, the path may be that of the host, of which only the root exists. A file that says `max` sets no limit.
fn limit_files(group: &str) -> Vec<PathBuf> {
    let mut parts = group.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
    let (roots, names): (&[&str], &[&str]) = if controllers.is_empty() {
        (&["/sys/fs/cgroup", "/sys/fs/cgroup/unified"], &["memory.max", "memory.high"])
    } else if controllers.split(',').any(|controller| controller == "memory") {
        (&["/sys/fs/cgroup/memory"], &["memory.limit_in_bytes"])
    } else {
        return Vec::new();
    };
    let plain = |part: &Component<'_>| matches!(part, Component::Normal(_));
    let below_root: PathBuf = Path::new(path).components().filter(plain).collect();
    let groups = below_root.ancestors();
    groups
        .flat_map(|group| {
            roots
                .iter()
                .flat_map(move |root| names.iter().map(move |name| Path::new(root).join(group).join(name)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: (&str, &str) = ("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n");
    const GIB: u64 = 1 << 30;

    fn allowed(files: &[(&str, &str)]) -> Option<u64> {
        let found = |path: &Path| files.iter().find(|(name, _)| Path::new(name) == path);
        allowed_bytes(|path| found(path).map(|(_, text)| (*text).to_owned()))
    }

    #[test]
    fn without_groups_it_is_the_machine() {
        assert_eq!(allowed(&[HOST]), Some(8 * GIB));
        assert_eq!(allowed(&[]), None);
    }

    #[test]
    fn of_groups_of_version_2_the_least_on_the_way_to_the_root_counts() {
        let own = ("/proc/self/cgroup", "0::/a.slice/b\n");
        let unlimited = ("/sys/fs/cgroup/a.slice/b/memory.max", "max\n");
        assert_eq!(allowed(&[HOST, own, unlimited]), Some(8 * GIB));
        let above = ("/sys/fs/cgroup/a.slice/memory.max", "2147483648\n");
        assert_eq!(allowed(&[HOST, own, unlimited, above]), Some(2 * GIB));
        let soft = ("/sys/fs/cgroup/a.slice/b/memory.high", "1073741824\n");
        assert_eq!(allowed(&[HOST, own, unlimited, above, soft]), Some(GIB));
        let elsewhere = ("/sys/fs/cgroup/c/memory.max", "4096\n");
        assert_eq!(allowed(&[HOST, own, elsewhere]), Some(8 * GIB));
    }

    #[test]
    fn in_a_container_the_root_is_the_group() {
        let own = ("/proc/self/cgroup", "0::/../docker/0123\n");
        assert_eq!(allowed(&[HOST, own, ("/sys/fs/cgroup/memory.max", "1073741824\n")]), Some(GIB));
    }

    #[test]
    fn of_version_1_only_the_memory_controller_counts() {
        let own = ("/proc/self/cgroup", "8:pids:/p\n4:cpu,memory:/m\n0::/\n");
        let limit = ("/sys/fs/cgroup/memory/m/memory.limit_in_bytes", "157286400\n");
        assert_eq!(allowed(&[HOST, own, limit]), Some(150 << 20));
        let unlimited = ("/sys/fs/cgroup/memory/m/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(allowed(&[HOST, own, unlimited]), Some(8 * GIB));
        assert_eq!(
            allowed(&[HOST, own, ("/sys/fs/cgroup/memory/p/memory.limit_in_bytes", "4096")]),
            Some(8 * GIB)
        );
    }

    #[test]
    fn what_cannot_be_read_limits_nothing() {
        let own = ("/proc/self/cgroup", "nonsense\n0::\n\n:memory\n");
        assert_eq!(allowed(&[HOST, own, ("/sys/fs/cgroup/memory.max", "-1")]), Some(8 * GIB));
    }
}
