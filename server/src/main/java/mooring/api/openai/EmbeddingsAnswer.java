package mooring.api.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import mooring.api.ClientPresence;
import mooring.api.Refusals;
import mooring.http.Exchange;
import mooring.inference.JsonText;
import mooring.inference.ModelId;
import mooring.inference.StreamEvent;
import mooring.inference.Task;
import mooring.json.Json;
import mooring.limits.Allowance;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Problems;
import mooring.relay.Receipt;

/// The vectors, as one `list`: numbers as the engine wrote them, or the bytes of 32-bit floats.
final class EmbeddingsAnswer implements Caller {

    /// Vectors above this are turned into bytes on a worker, so that other streams keep flowing.
    private static final int WRITE_ON_WORKER_CHARS = 256 * 1024;

    private static final int FLOAT_BYTES = 4;

    private final Exchange exchange;
    private final ModelId model;
    private final boolean base64;
    private final ClientPresence presence;
    private JsonText data = new JsonText("[]");

    EmbeddingsAnswer(Exchange exchange, ModelId model, boolean base64) {
        this.exchange = exchange;
        this.model = model;
        this.base64 = base64;
        this.presence = new ClientPresence(exchange.response());
    }

    @Override
    public boolean streaming() {
        return false;
    }

    @Override
    public void allowance(Allowance allowance) {
        Refusals.headers(exchange.response(), allowance);
    }

    @Override
    public void commit() {}

    @Override
    public void keepAlive() {}

    @Override
    public void event(StreamEvent event) {
        if (event instanceof StreamEvent.Delta delta) {
            JsonText vectors = delta.extras().choice().get(Task.Embed.VECTORS);
            if (vectors != null) {
                data = vectors;
            }
        }
    }

    @Override
    public void complete(Receipt receipt) {
        presence.over();
        if (base64 && data.text().length() > WRITE_ON_WORKER_CHARS) {
            exchange.context()
                    .executeBlocking(() -> body(receipt), false)
                    .onSuccess(body -> exchange.json(200, body))
                    .onFailure(cause -> OpenAiErrors.answer(exchange, Problems.of(cause)));
        } else {
            exchange.json(200, body(receipt));
        }
    }

    private Buffer body(Receipt receipt) {
        ByteBufOutputStream out = new ByteBufOutputStream(Unpooled.buffer(1024));
        try (JsonGenerator json = Json.FACTORY.createGenerator((OutputStream) out)) {
            json.writeStartObject();
            json.writeStringField("object", "list");
            json.writeFieldName("data");
            if (base64) {
                writeBytes(json);
            } else {
                json.writeRawValue(data.text());
            }
            json.writeStringField("model", model.text());
            json.writeObjectFieldStart("usage");
            json.writeNumberField("prompt_tokens", receipt.usage().prompt());
            json.writeNumberField("total_tokens", receipt.usage().total());
            json.writeEndObject();
            json.writeFieldName("mooring");
            json.writeRawValue(ChatJson.receipt(receipt).toString());
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return BufferInternal.buffer(out.buffer());
    }

    /// Each vector's numbers become the bytes of their floats, all else stays.
    private void writeBytes(JsonGenerator json) throws IOException {
        try (JsonParser parser = Json.FACTORY.createParser(data.text())) {
            while (parser.nextToken() != null) {
                if (parser.currentToken() == JsonToken.FIELD_NAME
                        && parser.currentName().equals("embedding")) {
                    json.writeFieldName("embedding");
                    if (parser.nextToken() == JsonToken.START_ARRAY) {
                        json.writeString(bytes(parser));
                    } else {
                        json.copyCurrentStructure(parser);
                    }
                } else {
                    json.copyCurrentEvent(parser);
                }
            }
        }
    }

    private static String bytes(JsonParser parser) throws IOException {
        ByteBuffer floats = ByteBuffer.allocate(1024 * FLOAT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (floats.remaining() < FLOAT_BYTES) {
                ByteBuffer larger =
                        ByteBuffer.allocate(2 * floats.capacity()).order(ByteOrder.LITTLE_ENDIAN);
                floats = larger.put(floats.flip());
            }
            floats.putFloat(parser.getFloatValue());
        }
        floats.flip();
        byte[] bytes = new byte[floats.remaining()];
        floats.get(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    @Override
    public void fail(Problem problem) {
        presence.over();
        OpenAiErrors.answer(exchange, problem);
    }

    @Override
    public boolean writable() {
        return true;
    }

    @Override
    public void onWritable(Runnable action) {}

    @Override
    public void drop() {
        exchange.drop();
        presence.dropped();
    }

    @Override
    public void onGone(Runnable action) {
        presence.onGone(action);
    }
}
