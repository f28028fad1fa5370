package jdk.crac.impl;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/** The rules in the file that -Djdk.crac.resource-policies names. */
class ResourcePolicies {

    static final String PROPERTY = "jdk.crac.resource-policies";

    /** What happens with a resource, and whether the log says so. */
    record Policy(String action, boolean warns) {
    }

    private record Rule(String type, Policy policy, Map<String, String> parameters) {
    }

    private static final Policy REFUSED = new Policy("error", false);

    private final List<Rule> rules = new ArrayList<>();

    private ResourcePolicies() {
    }

    /** Throws for a file that is missing, or has other text. */
    static ResourcePolicies load() {
        ResourcePolicies policies = new ResourcePolicies();
        String file = System.getProperty(PROPERTY);
        if (file == null) {
            return policies;
        }
        Path path = Path.of(file);
        if (!Files.exists(path)) {
            throw new IllegalStateException("File " + file + " used in property " + PROPERTY + " does not exist");
        }
        try {
            policies.parse(file, Files.readAllLines(path));
        } catch (IOException e) {
            throw new IllegalStateException("Cannot read file " + file + " used in property " + PROPERTY, e);
        }
        return policies;
    }

    private void parse(String file, List<String> lines) {
        Map<String, String> rule = new HashMap<>();
        List<String> all = new ArrayList<>(lines);
        all.add("---");
        for (int number = 1; number <= all.size(); number++) {
            String line = all.get(number - 1).trim();
            int colon = line.indexOf(": ");
            if (line.equals("---")) {
                if (!rule.isEmpty()) {
                    add(file, number, rule);
                    rule = new HashMap<>();
                }
            } else if (!line.isEmpty() && !line.startsWith("#")) {
                if (colon < 0) {
                    throw invalid(file, number, "cannot parse line " + number + ": " + line);
                }
                rule.put(line.substring(0, colon).trim(), line.substring(colon + 2).trim());
            }
        }
    }

    private void add(String file, int end, Map<String, String> rule) {
        String type = rule.get("type");
        String action = rule.get("action");
        if (type == null || action == null) {
            throw invalid(file, end, "no '" + (type == null ? "type" : "action") + "'");
        }
        boolean warns = Boolean.parseBoolean(rule.getOrDefault("warn", "true"));
        rules.add(new Rule(type.toLowerCase(Locale.ROOT), new Policy(action.toLowerCase(Locale.ROOT), warns), rule));
    }

    private static IllegalStateException invalid(String file, int line, String why) {
        return new IllegalStateException("Invalid rule in policies file " + file + " before line " + line + ": " + why);
    }

    private Policy find(String type, Predicate<Map<String, String>> matches) {
        return rules.stream()
                .filter(rule -> rule.type().equals(type) && matches.test(rule.parameters()))
                .map(Rule::policy)
                .findFirst()
                .orElse(REFUSED);
    }

    Policy forFile(String path) {
        return find("file", rule -> matchesGlob(rule.get("path"), path));
    }

    Policy forPipe() {
        return find("pipe", rule -> true);
    }

    /** For a descriptor that native code has opened. */
    Policy forDescriptor(int number, String description) {
        return find("filedescriptor", rule -> {
            String value = rule.get("value");
            String regex = rule.get("regex");
            return (value == null || value.equals(String.valueOf(number))) && (regex == null || description.matches(regex));
        });
    }

    Policy forSocket(SocketAddress local, SocketAddress remote) {
        return find("socket", rule -> matchesEnd(rule, "local", local) && matchesEnd(rule, "remote", remote));
    }

    private static boolean matchesEnd(Map<String, String> rule, String end, SocketAddress address) {
        String family = rule.get("family");
        if (family != null && address != null && !matchesFamily(family.toLowerCase(Locale.ROOT), address)) {
            return false;
        }
        String host = rule.get(end + "Address");
        String port = rule.get(end + "Port");
        String path = rule.get(end + "Path");
        if (host != null || port != null) {
            return address instanceof InetSocketAddress inet
                    && (host == null || host.equals("*") || isAddress(host, inet.getAddress()))
                    && (port == null || port.equals("*") || Integer.parseInt(port) == inet.getPort());
        }
        return path == null || address instanceof UnixDomainSocketAddress unix && matchesGlob(path, unix.getPath().toString());
    }

    private static boolean matchesFamily(String family, SocketAddress address) {
        InetAddress inet = address instanceof InetSocketAddress socket ? socket.getAddress() : null;
        return switch (family) {
            case "ipv6", "inet6" -> inet instanceof Inet6Address;
            case "ipv4", "inet4" -> inet instanceof Inet4Address;
            case "ip", "inet" -> inet != null;
            case "unix" -> address instanceof UnixDomainSocketAddress;
            default -> throw new IllegalArgumentException("Unknown family: " + family);
        };
    }

    private static boolean isAddress(String host, InetAddress address) {
        try {
            return InetAddress.getByName(host).equals(address);
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static boolean matchesGlob(String glob, String path) {
        return glob == null || FileSystems.getDefault().getPathMatcher("glob:" + glob).matches(Path.of(path));
    }
}
