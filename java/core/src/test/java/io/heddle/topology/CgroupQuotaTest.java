package io.heddle.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.topology.UsableCpus.Constraint;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** On captured texts of real systems. */
class CgroupQuotaTest {
    private static final String UNIFIED_MOUNT =
            "31 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
    private static final String LEGACY_MOUNTS = """
            40 32 0:35 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:16 - cgroup cgroup rw,cpu,cpuacct
            41 32 0:36 / /sys/fs/cgroup/memory rw,nosuid shared:17 - cgroup cgroup rw,memory
            """;

    private static List<Integer> cpus(Map<String, String> files) {
        return CgroupQuota.parse(path -> Optional.ofNullable(files.get(path.toString()))).stream()
                .map(Constraint::cpus)
                .toList();
    }

    @Test
    void readsTheQuotaOfTheOwnGroupAndOfThoseAbove() {
        assertThat(cpus(Map.of(
                        "/proc/self/mountinfo", UNIFIED_MOUNT,
                        "/proc/self/cgroup", "0::/user.slice/job.scope\n",
                        "/sys/fs/cgroup/user.slice/job.scope/cpu.max", "400000 100000\n",
                        "/sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n")))
                .containsExactly(4, 2);
    }

    @Test
    void knowsNoQuotaWhereItSaysMax() {
        assertThat(cpus(Map.of(
                        "/proc/self/mountinfo", UNIFIED_MOUNT,
                        "/proc/self/cgroup", "0::/\n",
                        "/sys/fs/cgroup/cpu.max", "max 100000\n")))
                .isEmpty();
    }

    @Test
    void readsTheFirstVersion() {
        assertThat(cpus(Map.of(
                        "/proc/self/mountinfo", LEGACY_MOUNTS,
                        "/proc/self/cgroup", "9:memory:/other\n4:cpu,cpuacct:/docker/abc\n",
                        "/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000\n",
                        "/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n",
                        "/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "-1\n",
                        "/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "100000\n")))
                .containsExactly(3);
    }

    @Test
    void cutsTheRootOfAMountThatShowsASubtree() {
        String mount = "50 40 0:26 /kubepods/pod1 /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n";
        assertThat(cpus(Map.of(
                        "/proc/self/mountinfo", mount,
                        "/proc/self/cgroup", "0::/kubepods/pod1/box\n",
                        "/sys/fs/cgroup/box/cpu.max", "100000 100000\n")))
                .containsExactly(1);
    }

    @Test
    void staysInsideTheMount() {
        assertThat(cpus(Map.of(
                        "/proc/self/mountinfo", UNIFIED_MOUNT,
                        "/proc/self/cgroup", "0::/../outside\n",
                        "/sys/fs/cgroup/cpu.max", "300000 100000\n")))
                .containsExactly(3);
        String mount = "50 40 0:26 /docker/ab /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
        assertThat(cpus(Map.of(
                        "/proc/self/mountinfo", mount,
                        "/proc/self/cgroup", "0::/docker/abc\n",
                        "/sys/fs/cgroup/cpu.max", "100000 100000\n")))
                .containsExactly(1);
    }

    @Test
    void takesNothingFromMissingOrBrokenFiles() {
        assertThat(cpus(Map.of())).isEmpty();
        assertThat(cpus(Map.of("/proc/self/mountinfo", "garbage\n - \n", "/proc/self/cgroup", "x\n0::\n:::\n")))
                .isEmpty();
        assertThat(cpus(Map.of(
                        "/proc/self/mountinfo", UNIFIED_MOUNT,
                        "/proc/self/cgroup", "0::/a\n",
                        "/sys/fs/cgroup/a/cpu.max", "lots of it\n")))
                .isEmpty();
    }

    @Test
    void namesItsFile() {
        List<Constraint> found = CgroupQuota.parse(path -> Optional.ofNullable(Map.of(
                        "/proc/self/mountinfo", UNIFIED_MOUNT,
                        "/proc/self/cgroup", "0::/a\n",
                        "/sys/fs/cgroup/a/cpu.max", "50000 100000\n")
                .get(path.toString())));
        assertThat(found)
                .containsExactly(new Constraint("the cgroup quota in " + Path.of("/sys/fs/cgroup/a/cpu.max"), 1));
    }
}
