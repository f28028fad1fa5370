import java.util.ArrayList;
import java.util.List;

/** Takes more than its heap has. */
public class OutOfMemory {

    public static void main(String[] args) {
        List<byte[]> kept = new ArrayList<>();
        while (true) {
            kept.add(new byte[1024 * 1024]);
        }
    }
}
