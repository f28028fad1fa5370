package jdk.crac.impl;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the restoring command line and its environment gave: the file that bin/java wrote. */
class NewArguments {

    static final NewArguments NONE = new NewArguments();

    private final List<String> properties = new ArrayList<>();
    private final List<String> environment = new ArrayList<>();
    /** A main class and its arguments; empty: none. */
    private final List<String> arguments = new ArrayList<>();

    private NewArguments() {
    }

    static NewArguments read(int id) {
        Path file = Path.of("/dev/shm/crac-arguments-" + id);
        try {
            NewArguments result = read(file, "");
            Files.delete(file);
            return result;
        } catch (IOException e) {
            System.err.println("The new arguments cannot be read: " + e);
            return NONE;
        }
    }

    /**
     * Reads arguments, and sets the environment to its own values. A CRaC JVM takes over new arguments in native code; this loads all
     * classes that are needed for it before the checkpoint, so that a restored process does not load them.
     */
    static void rehearse() {
        NewArguments current = new NewArguments();
        System.getenv().forEach((name, value) -> current.environment.add(name + "=" + value));
        try {
            read(Path.of("/proc/self/cmdline"), "A");
        } catch (IOException e) {
            System.err.println("The arguments cannot be read: " + e);
        }
        current.apply();
    }

    /** @param kind put before each entry; empty for a file whose entries have one */
    private static NewArguments read(Path file, String kind) throws IOException {
        NewArguments result = new NewArguments();
        String text = Files.readString(file, Charset.forName(System.getProperty("sun.jnu.encoding", "ISO-8859-1")));
        for (String entry : text.split("\0")) {
            if (!entry.isEmpty()) {
                String whole = kind + entry;
                result.add(whole.charAt(0), whole.substring(1));
            }
        }
        return result;
    }

    private void add(char kind, String text) {
        switch (kind) {
            case 'D' -> properties.add(text.substring(2));
            case 'E' -> environment.add(text);
            case 'A' -> arguments.add(text);
            default -> throw new IllegalArgumentException("unknown entry " + kind);
        }
    }

    void apply() {
        for (String property : properties) {
            int separator = property.indexOf('=');
            System.setProperty(
                    separator < 0 ? property : property.substring(0, separator),
                    separator < 0 ? "" : property.substring(separator + 1));
        }
        try {
            for (String variable : environment) {
                int separator = variable.indexOf('=');
                if (separator > 0) {
                    setEnvironment(variable.substring(0, separator), variable.substring(separator + 1));
                }
            }
        } catch (ReflectiveOperationException e) {
            System.err.println("The environment cannot be renewed: " + e);
        }
    }

    /** System.getenv() reads a map that was filled at the start; java.lang is opened to us by the launcher. */
    @SuppressWarnings("unchecked")
    private static void setEnvironment(String name, String value) throws ReflectiveOperationException {
        Class<?> holder = Class.forName("java.lang.ProcessEnvironment");
        Field map = holder.getDeclaredField("theEnvironment");
        map.setAccessible(true);
        ((Map<Object, Object>) map.get(null)).put(wrap("Variable", name), wrap("Value", value));
    }

    private static Object wrap(String type, String text) throws ReflectiveOperationException {
        Method valueOf = Class.forName("java.lang.ProcessEnvironment$" + type).getMethod("valueOf", String.class);
        valueOf.setAccessible(true);
        return valueOf.invoke(null, text);
    }

    /** Runs the new main class, if one was given, in the restored process. */
    void runMain() {
        if (arguments.isEmpty()) {
            return;
        }
        try {
            Class<?> main = Class.forName(arguments.get(0), true, ClassLoader.getSystemClassLoader());
            String[] rest = arguments.subList(1, arguments.size()).toArray(String[]::new);
            main.getMethod("main", String[].class).invoke(null, (Object) rest);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("The new main class failed", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("The new main class cannot be run", e);
        }
    }
}
