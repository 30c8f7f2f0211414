package io.heddle.dask;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The sidecar's Python package, a resource of this module: given to python through its standard input, so that nothing is installed. */
final class PythonPackage {
    static final String ADVICE =
            "Install Dask in a virtual environment and name its python by the option python or by HEDDLE_PYTHON, for"
                    + " instance: python3 -m venv ~/heddle-dask && ~/heddle-dask/bin/pip install distributed &&"
                    + " export HEDDLE_PYTHON=~/heddle-dask/bin/python";

    private static final String FOLDER = "python/heddle_dask/";
    private static final String PACKAGE = "heddle_dask";
    private static final List<String> MODULES = List.of("control", "jdk", "jvm", "plugin", "room", "sidecar", "tunnel");

    private PythonPackage() {}

    /** What python is given on its command line. */
    static String bootstrap() {
        return source("bootstrap");
    }

    /** Sends the modules that the bootstrap waits for. */
    static void send(DataOutputStream out) throws IOException {
        out.writeInt(MODULES.size() + 1);
        send(PACKAGE, source("__init__"), out);
        for (String module : MODULES) {
            send(PACKAGE + "." + module, source(module), out);
        }
        out.flush();
    }

    private static void send(String name, String source, DataOutputStream out) throws IOException {
        for (String text : List.of(name, source)) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            out.writeInt(bytes.length);
            out.write(bytes);
        }
    }

    private static String source(String module) {
        try (InputStream in = PythonPackage.class.getResourceAsStream(FOLDER + module + ".py")) {
            if (in == null) {
                throw new IllegalStateException("The jar of heddle-dask lacks its Python module " + module
                        + ": a tool that packs jars together has left it out");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
