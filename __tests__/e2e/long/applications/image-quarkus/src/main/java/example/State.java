package example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Shows what the process was started with: its user, working folder, property `given` and environment, one in each line. */
final class State {

    private State() {}

    static String text() throws IOException {
        StringBuilder text = new StringBuilder();
        for (String line : Files.readAllLines(Path.of("/proc/self/status")))
            if (line.matches("(Uid|Gid):.*")) text.append(line.replaceAll("\\s+", " ")).append('\n');
        text.append("folder: ").append(Path.of("").toAbsolutePath()).append('\n');
        text.append("given: ").append(System.getProperty("given")).append('\n');
        for (Map.Entry<String, String> one : new TreeMap<>(System.getenv()).entrySet())
            text.append(one.getKey()).append('=').append(one.getValue()).append('\n');
        return text.toString();
    }
}
