package io.heddle.processes.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/*
 * Source: HotSpot (JDK 25), VMError::prepare_log_file: where -XX:ErrorFile says, else in the working directory, else in the system's folder
 * for temporary files.
 */
/**
 * Where a JVM writes a report of its crash.
 *
 * @param places in the order in which it tries them
 * @param before no report is older; one that is comes from another process that had the same number
 */
record CrashReport(Set<Path> places, FileTime before) {
    private static final String OPTION = "-XX:ErrorFile=";
    private static final String USUAL_NAME = "hs_err_pid%p.log";
    private static final Pattern PLACEHOLDER = Pattern.compile("%[%p]");

    /**
     * Of a child of this process.
     *
     * @param jvmOptions its options
     * @param pid its number
     * @param before when it was not yet started
     */
    static CrashReport of(List<String> jvmOptions, long pid, FileTime before) {
        String usual = name(USUAL_NAME, pid);
        Set<Path> places = new LinkedHashSet<>();
        for (String option : jvmOptions.reversed()) {
            if (option.startsWith(OPTION)) {
                places.add(Path.of(name(option.substring(OPTION.length()), pid)).toAbsolutePath());
                break;
            }
        }
        places.add(Path.of(usual).toAbsolutePath());
        places.add(Path.of("/tmp", usual));
        places.add(Path.of(System.getProperty("java.io.tmpdir", "/tmp"), usual).toAbsolutePath());
        return new CrashReport(places, before);
    }

    private static String name(String pattern, long pid) {
        return PLACEHOLDER
                .matcher(pattern)
                .replaceAll(found -> Matcher.quoteReplacement(found.group().equals("%p") ? Long.toString(pid) : "%"));
    }

    /** The report; null if there is none. */
    @Nullable
    Path written() {
        for (Path place : places) {
            try {
                if (Files.getLastModifiedTime(place).compareTo(before) >= 0) {
                    return place;
                }
            } catch (IOException e) {
                // not there
            }
        }
        return null;
    }
}
