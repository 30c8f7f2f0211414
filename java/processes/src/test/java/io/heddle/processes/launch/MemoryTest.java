package io.heddle.processes.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryTest {
    private final Map<String, String> files = new HashMap<>();

    private MemoryGroup group() {
        return MemoryGroup.of((Path file) -> Optional.ofNullable(files.get(file.toString())));
    }

    @Test
    void aGroupOfVersion2() {
        files.put("/proc/self/cgroup", "0::/user.slice/job\n");
        files.put("/proc/meminfo", "MemTotal:       16000 kB\n");
        files.put("/sys/fs/cgroup/user.slice/job/memory.events", "low 0\noom 3\noom_kill 2\noom_group_kill 0\n");
        files.put("/sys/fs/cgroup/user.slice/job/memory.max", "max\n");
        files.put("/sys/fs/cgroup/user.slice/memory.max", "8192000\n");

        assertThat(group().kills()).isEqualTo(2);
        assertThat(group().memoryBytes()).isEqualTo(8192000);
    }

    @Test
    void aGroupOfVersion1BesideAnEmptyVersion2() {
        files.put("/proc/self/cgroup", "4:cpuset:/\n3:memory:/job\n0::/\n");
        files.put("/proc/meminfo", "MemTotal:       16000 kB\n");
        files.put("/sys/fs/cgroup/memory/job/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
        files.put("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n");

        assertThat(group().kills()).isEqualTo(5);
        assertThat(group().memoryBytes()).isEqualTo(16000 << 10);
    }

    @Test
    void aContainerThatSeesItsGroupAsTheTop() {
        files.put("/proc/self/cgroup", "0::/../outside\n");
        files.put("/sys/fs/cgroup/memory.events", "oom_kill 1\n");

        assertThat(group().kills()).isEqualTo(1);
    }

    @Test
    void nothingToRead() {
        assertThat(group().kills()).isZero();
        assertThat(group().memoryBytes()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void eachKillIsOneWorkers() {
        files.put("/proc/self/cgroup", "0::/\n");
        files.put("/sys/fs/cgroup/memory.events", "oom_kill 1\n");
        MemoryGroup group = group();
        long before = group.kills();
        assertThat(group.killedSince(before)).isFalse();
        files.put("/sys/fs/cgroup/memory.events", "oom_kill 3\n");

        assertThat(group.killedSince(before)).isTrue();
        assertThat(group.killedSince(before)).isTrue();
        assertThat(group.killedSince(before)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({ // MB: parent, memory; CPUs: worker, usable; MB: expected
        "4096, 16384, 1, 8, 512",
        "4096, 16384, 8, 8, 4096",
        "4096, 16384, 16, 8, 4096",
        "12288, 16384, 1, 8, 1024",
        "512, 16384, 1, 8, 256",
        "256, 400, 1, 4, 200"
    })
    void theHeapIsAShareOfTheParents(long parent, long memory, int cpus, int usable, long expected) {
        assertThat(HeapPolicy.maxHeapBytes(parent << 20, memory << 20, cpus, usable))
                .isEqualTo(expected << 20);
    }
}
