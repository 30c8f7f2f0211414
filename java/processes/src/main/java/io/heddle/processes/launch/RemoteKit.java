package io.heddle.processes.launch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** What a worker JVM on another machine is started with. Thread-safe. */
public final class RemoteKit {
    /** What names nothing of this machine's. */
    private static final Pattern PORTABLE = Pattern.compile(
            "-D(?!java\\.|sun\\.|jdk\\.|user\\.|file\\.|native\\.|surefire|basedir|localRepository).*"
                    + "|--(add-modules|add-exports|add-opens)=(java|jdk)\\..*"
                    + "|--sun-misc-unsafe-memory-access=.*"
                    + "|--enable-preview"
                    + "|-(ea|da|enableassertions|disableassertions)(:.*)?"
                    + "|-(esa|dsa|enablesystemassertions|disablesystemassertions)",
            Pattern.DOTALL);

    private RemoteKit() {}

    /**
     * Its options: Heddle's, those of this JVM that hold elsewhere too, the user's; the later ones win. Without sizes, class path and main
     * class.
     */
    public static List<String> jvmOptions(List<String> user) {
        List<String> portable = ParentOptions.ofThisJvm().stream()
                .filter(option -> PORTABLE.matcher(option).matches())
                .toList();
        List<String> options = new ArrayList<>(new WorkerOptions(portable, user, 0, false).own());
        options.addAll(portable);
        options.addAll(user);
        return options;
    }

    /**
     * The jar with a class of Heddle's; made here of a folder.
     *
     * @throws io.heddle.backend.BackendUnavailableException if it is not known where the class comes from
     */
    public static byte[] jar(Class<?> type) {
        Path place = Program.location(type);
        try {
            return Files.isDirectory(place) ? zipped(place) : Files.readAllBytes(place);
        } catch (IOException e) {
            throw new UncheckedIOException("The classes of " + type.getName() + " in " + place + " cannot be read", e);
        }
    }

    private static byte[] zipped(Path folder) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes);
                Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                zip.putNextEntry(new ZipEntry(folder.relativize(file).toString().replace('\\', '/')));
                Files.copy(file, (OutputStream) zip);
                zip.closeEntry();
            }
        }
        return bytes.toByteArray();
    }
}
