import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A server that keeps a file mapped, the one that the property `file` names. Outside /tmp and the home folder it is
 * not in the image.
 */
public class MappedFile {

    static MappedByteBuffer mapping;

    public static void main(String[] args) throws Exception {
        Path file = Path.of(System.getProperty("file"));
        Files.write(file, new byte[8192]);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            mapping = channel.map(FileChannel.MapMode.READ_ONLY, 0, 8192);
        }
        mapping.get(0);
        Server.main(args);
    }
}
