package io.heddle.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.heddle.cli.doctor.Finding;
import io.heddle.cli.library.SeenLibrary;
import io.heddle.cli.process.RunningProcess;
import io.heddle.cli.process.Sampling;
import io.heddle.cli.process.ThreadUse;
import io.heddle.topology.UsableCpus;
import io.heddle.topology.UsableCpus.Constraint;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeMap;

/** The JSON of {@code info} and {@code doctor}. What is not known is null; keys are only ever added. */
final class InfoJson {
    private static final Gson GSON = new GsonBuilder()
            .serializeNulls()
            .disableHtmlEscaping()
            .setPrettyPrinting()
            .create();

    private InfoJson() {}

    static String of(UsableCpus cpus, List<SeenLibrary> libraries) {
        return GSON.toJson(object(cpus, libraries));
    }

    static String of(RunningProcess process) {
        JsonObject object = object(process.cpus(), process.libraries());
        object.addProperty("pid", process.pid());
        object.addProperty("command", process.command());
        object.add("environment", process.environment().map(InfoJson::words).orElse(JsonNull.INSTANCE));
        Sampling sampling = process.sampling();
        object.addProperty("seconds", rounded(sampling.seconds()));
        object.addProperty("cpusUsed", rounded(sampling.cpusUsed()));
        object.add("coresLost", number(sampling.coresLost()));
        JsonArray threads = new JsonArray();
        sampling.threads().forEach(thread -> threads.add(thread(thread)));
        object.add("threads", threads);
        return GSON.toJson(object);
    }

    static String of(List<Finding> findings) {
        JsonArray array = new JsonArray();
        for (Finding finding : findings) {
            JsonObject object = new JsonObject();
            object.addProperty("name", finding.name());
            object.addProperty("what", finding.what());
            object.addProperty("why", finding.why());
            object.addProperty("advice", finding.advice());
            array.add(object);
        }
        JsonObject object = new JsonObject();
        object.add("findings", array);
        return GSON.toJson(object);
    }

    private static JsonObject object(UsableCpus cpus, List<SeenLibrary> libraries) {
        JsonObject object = new JsonObject();
        object.addProperty("usableCpus", cpus.count());
        JsonArray array = new JsonArray();
        libraries.forEach(library -> array.add(library(library)));
        object.add("libraries", array);
        JsonArray constraints = new JsonArray();
        for (Constraint constraint : cpus.constraints()) {
            JsonObject each = new JsonObject();
            each.addProperty("source", constraint.source());
            each.addProperty("cpus", constraint.cpus());
            constraints.add(each);
        }
        object.add("constraints", constraints);
        return object;
    }

    private static JsonObject library(SeenLibrary library) {
        JsonObject object = new JsonObject();
        object.addProperty("userApi", word(library.userApi()));
        object.addProperty("internalApi", library.internalApi());
        object.addProperty("path", library.shownPath());
        object.add("version", text(library.version()));
        object.add("threadingLayer", text(library.threadingLayer().map(InfoJson::word)));
        object.add("architecture", text(library.architecture()));
        object.add("threads", number(library.threads()));
        object.add("limitScope", text(library.limitScope().map(Enum::name)));
        object.add("details", words(library.details()));
        return object;
    }

    private static JsonObject thread(ThreadUse thread) {
        JsonObject object = new JsonObject();
        object.addProperty("id", thread.id());
        object.addProperty("name", thread.name());
        object.addProperty("jvmInternal", thread.jvmInternal());
        object.addProperty("cpuShare", rounded(thread.cpuShare()));
        object.add("runDelayShare", number(thread.runDelayShare()));
        return object;
    }

    private static JsonElement words(Map<String, String> words) {
        JsonObject object = new JsonObject();
        new TreeMap<>(words).forEach(object::addProperty);
        return object;
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static JsonElement text(Optional<String> value) {
        return value.<JsonElement>map(JsonPrimitive::new).orElse(JsonNull.INSTANCE);
    }

    private static JsonElement number(OptionalInt value) {
        return value.isPresent() ? new JsonPrimitive(value.getAsInt()) : JsonNull.INSTANCE;
    }

    private static JsonElement number(OptionalDouble value) {
        return value.isPresent() ? new JsonPrimitive(rounded(value.getAsDouble())) : JsonNull.INSTANCE;
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
