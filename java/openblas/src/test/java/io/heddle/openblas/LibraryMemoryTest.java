package io.heddle.openblas;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LibraryMemoryTest {
    private static final String SMAPS = """
            7f1000000000-7f1000161000 r--p 00000000 fe:00 1234                       /cache/a b/libopenblas.so.0
            Size:               1412 kB
            Rss:                 100 kB
            Pss:                  50 kB
            VmFlags: rd mr mw me sd
            7f1000161000-7f1000172000 r-xp 00161000 fe:00 1234                       /cache/a b/libopenblas.so.0 (deleted)
            Size:                 68 kB
            Rss:                  20 kB
            7f1000172000-7f1000180000 rw-p 00000000 00:00 0
            Size:                 56 kB
            Rss:                  56 kB
            7f1000180000-7f1000190000 r-xp 00161000 fe:00 1235                       /cache/a b/libopenblas.so.0.old
            Size:                 64 kB
            Rss:                  64 kB
            a0000000-a0001000 rw-p 00000000 00:00 0                                  [heap]
            Size:                  4 kB
            Rss:                   4 kB
            b0000000-b0001000 r--p 00000000 fe:00 1236                               /cache/new\\012line
            Size:                  4 kB
            Rss:                   0 kB
            """;

    @Test
    void countsTheMappingsOfOneFile() {
        assertThat(LibraryMemory.parse(SMAPS.lines(), "/cache/a b/libopenblas.so.0"))
                .isEqualTo(new LibraryMemory(0x172000, 120 * 1024));
        assertThat(LibraryMemory.parse(SMAPS.lines(), "/cache/new\nline")).isEqualTo(new LibraryMemory(0x1000, 0));
        assertThat(LibraryMemory.parse(SMAPS.lines(), "/cache/absent")).isEqualTo(new LibraryMemory(0, 0));
    }
}
