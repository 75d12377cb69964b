package mooring.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import mooring.accounts.Principal;
import mooring.api.BlockingCalls;
import mooring.api.JsonBody;
import mooring.api.JsonFields;
import mooring.json.Json;
import mooring.ledger.Balances;
import mooring.ledger.Funds;
import mooring.ledger.VoucherCode;
import mooring.ledger.Vouchers;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// What a key can do about its own organization's money: read the balance, redeem a voucher. Asks
/// the ledger on threads that may block.
final class AccountCalls {

    /// A code and what is around it.
    static final long MAX_BODY_BYTES = 4_096;

    /// Calls to the ledger at once, for all customers together.
    private static final int MAX_CALLS = 16;

    private static final int MAX_WAITING = 256;

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final Vertx vertx;
    private final Balances balances;
    private final Vouchers vouchers;
    private final BlockingCalls calls;

    AccountCalls(Vertx vertx, Balances balances, Vouchers vouchers, Executor blocking) {
        this.vertx = vertx;
        this.balances = balances;
        this.vouchers = vouchers;
        this.calls =
                new BlockingCalls(
                        "reading as many balances", blocking, MAX_CALLS, MAX_WAITING, LONGEST_WAIT);
    }

    /// The balance in the platform's shape.
    Future<ObjectNode> balance(Principal principal) {
        return blocking(() -> platformForm(funds(principal)));
    }

    /// Credits what the code of the body promises.
    Future<ObjectNode> redeem(Principal principal, Buffer body, @Nullable String idempotencyKey) {
        String code = code(body);
        return blocking(
                () -> {
                    Vouchers.Redeemed redeemed =
                            vouchers.redeem(principal.organization(), code, idempotencyKey);
                    return form(redeemed, funds(principal));
                });
    }

    private static String code(Buffer body) {
        return new JsonFields(JsonBody.parse(body), "")
                .requiredText("code", "a voucher's code such as " + VoucherCode.FORM);
    }

    private Funds funds(Principal principal) {
        return balances.of(principal.organization())
                .orElseThrow(() -> new ProblemException(new Problem.Internal()));
    }

    private Future<ObjectNode> blocking(Supplier<ObjectNode> call) {
        return calls.call(vertx.getOrCreateContext(), call);
    }

    private static ObjectNode platformForm(Funds funds) {
        ObjectNode answer = Json.MAPPER.createObjectNode();
        answer.put("code", 0);
        answer.putObject("data")
                .put("available_balance", funds.available().decimal())
                .put("voucher_balance", funds.voucher().decimal())
                .put("cash_balance", funds.cash().decimal());
        answer.put("scode", "0x0");
        answer.put("status", true);
        return answer;
    }

    private static ObjectNode form(Vouchers.Redeemed redeemed, Funds funds) {
        ObjectNode answer = Json.MAPPER.createObjectNode();
        answer.put("object", "voucher.redemption");
        answer.put("voucher_id", redeemed.voucher().toString());
        answer.put("transfer_id", redeemed.transfer().toString());
        answer.put("kind", redeemed.kind().text());
        answer.put("amount", redeemed.amount().text());
        answer.put("currency", redeemed.amount().currency().code());
        answer.put(
                "expires_at",
                redeemed.expiresAt() == null ? null : redeemed.expiresAt().toString());
        answer.putObject("balance")
                .put("available", funds.available().text())
                .put("voucher", funds.voucher().text())
                .put("cash", funds.cash().text())
                .put("currency", funds.posted().currency().code());
        return answer;
    }
}
