package io.heddle.processes.wire;

import java.util.Optional;

/**
 * What a serial filter's pattern says of a class by its name alone. The same order and the same forms as
 * {@link java.io.ObjectInputFilter.Config#createFilter}.
 */
final class ClassNames {
    private final String[] patterns;

    ClassNames(String serialFilter) {
        patterns = serialFilter.isEmpty() ? new String[0] : serialFilter.split(";");
    }

    /** Whether the pattern forbids it; false also where only the class itself can tell, as its module is not known yet. */
    boolean forbid(String className) {
        String name = element(className);
        if (name.isEmpty()) {
            return false;
        }
        for (String pattern : patterns) {
            if (pattern.isEmpty() || pattern.indexOf('=') >= 0) {
                continue;
            }
            boolean forbids = pattern.startsWith("!");
            String rest = forbids ? pattern.substring(1) : pattern;
            int slash = rest.indexOf('/');
            if (!matches(rest.substring(slash + 1), name)) {
                continue;
            }
            if (slash < 0) {
                return forbids;
            }
            Optional<Module> module = ModuleLayer.boot().findModule(rest.substring(0, slash));
            if (module.isEmpty()) {
                return false;
            }
            if (module.get().getPackages().contains(packageOf(name))) {
                return forbids;
            }
        }
        return false;
    }

    private static boolean matches(String pattern, String name) {
        if (pattern.endsWith(".**")) {
            return name.startsWith(pattern.substring(0, pattern.length() - 2));
        }
        if (pattern.endsWith(".*")) {
            return packageOf(name).equals(pattern.substring(0, pattern.length() - 2));
        }
        return pattern.endsWith("*")
                ? name.startsWith(pattern.substring(0, pattern.length() - 1))
                : name.equals(pattern);
    }

    private static String packageOf(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(0, dot);
    }

    /** The class of an array's elements; empty for a primitive type. */
    private static String element(String name) {
        int depth = 0;
        while (depth < name.length() && name.charAt(depth) == '[') {
            depth++;
        }
        if (depth == 0) {
            return name;
        }
        return depth < name.length() && name.charAt(depth) == 'L' && name.endsWith(";")
                ? name.substring(depth + 1, name.length() - 1)
                : "";
    }
}
