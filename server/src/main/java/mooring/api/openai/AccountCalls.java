package mooring.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import mooring.accounts.Principal;
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

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final Vertx vertx;
    private final Balances balances;
    private final Vouchers vouchers;
    private final Executor blocking;
    private final Semaphore calls = new Semaphore(MAX_CALLS);

    AccountCalls(Vertx vertx, Balances balances, Vouchers vouchers, Executor blocking) {
        this.vertx = vertx;
        this.balances = balances;
        this.vouchers = vouchers;
        this.blocking = blocking;
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
        if (!calls.tryAcquire()) {
            return Future.failedFuture(
                    new ProblemException(new Problem.StoreUnavailable(RETRY_AFTER)));
        }
        CompletableFuture<ObjectNode> answer = new CompletableFuture<>();
        try {
            blocking.execute(
                    () -> {
                        try {
                            answer.complete(call.get());
                        } catch (RuntimeException | Error e) {
                            answer.completeExceptionally(e);
                        }
                    });
        } catch (RejectedExecutionException _) {
            answer.completeExceptionally(new ProblemException(new Problem.Draining()));
        }
        return Future.fromCompletionStage(answer, vertx.getOrCreateContext())
                .onComplete(_ -> calls.release());
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
