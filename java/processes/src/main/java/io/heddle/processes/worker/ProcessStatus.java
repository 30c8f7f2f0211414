package io.heddle.processes.worker;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What the kernel says of this process. */
final class ProcessStatus {
    private static final int MOST_BYTES = 1 << 13;

    private ProcessStatus() {}

    /** The process number; without ProcessHandle, which starts threads of its own. */
    static long pid() {
        long pid = field("\nPid:");
        return pid >= 0 ? pid : ProcessHandle.current().pid();
    }

    /** The process number of its parent; -1 where the kernel does not tell. */
    static long parentPid() {
        return field("\nPPid:");
    }

    /** The bytes in memory, those shared with other processes included; -1 where the kernel does not tell. */
    static long residentBytes() {
        return kilobytes("\nVmRSS:");
    }

    /** The bytes in memory that are this process's own: shared arrays and files are not. -1 where the kernel does not tell. */
    static long ownBytes() {
        return kilobytes("\nRssAnon:");
    }

    private static long kilobytes(String name) {
        long value = field(name);
        return value < 0 ? -1 : value << 10;
    }

    private static long field(String name) {
        byte[] bytes = new byte[MOST_BYTES];
        int size = 0;
        try (FileInputStream in = new FileInputStream("/proc/self/status")) {
            for (int read = in.read(bytes); read > 0; read = in.read(bytes, size, bytes.length - size)) {
                size += read;
            }
        } catch (IOException e) {
            return -1;
        }
        String text = new String(bytes, 0, size, StandardCharsets.ISO_8859_1);
        int at = text.indexOf(name);
        if (at < 0) {
            return -1;
        }
        long value = -1;
        for (int i = at + name.length(); i < size && text.charAt(i) != '\n'; i++) {
            int digit = text.charAt(i) - '0';
            if (digit >= 0 && digit <= 9) {
                value = Math.max(value, 0) * 10 + digit;
            }
        }
        return value;
    }
}
