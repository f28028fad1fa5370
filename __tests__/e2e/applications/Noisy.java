import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Writes what logs should not hold, and ends before it is ready. */
public class Noisy {

    public static void main(String[] args) throws IOException {
        String text = String.join(
                "\n",
                "\u001b[31mred\u001b[0m \u0000NUL",
                "progress 1%\rprogress 2%\r::error::after a carriage return",
                "::set-output name=digest::sha256:evil",
                "  ::Add-Mask::a",
                "\u001b[0m::warning::behind a colour",
                "##[error]the old form",
                "::stop-commands::mine",
                "::mine::",
                "::endgroup::",
                "the last words\n");
        System.out.write(text.getBytes(StandardCharsets.UTF_8));
        System.out.write(new byte[] {(byte) 0xff, (byte) 0xc3, '(', (byte) 0x80, '\n'});
        System.out.flush();
        System.exit(3);
    }
}
