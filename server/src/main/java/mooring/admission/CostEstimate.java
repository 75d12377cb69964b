package mooring.admission;

import mooring.catalog.PriceVersion;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.rating.Charge;

/// What a request would cost at most, had it been sent at this instant.
///
/// @param promptExact whether an engine counted the prompt; else the tokens are an upper bound
/// @param maxOutputTokens the longest answer, of each choice
/// @param atMost its lines are priced at the dearest class and band that the request can meet
public record CostEstimate(
        ModelId model,
        ServiceTier tier,
        long promptTokens,
        boolean promptExact,
        long maxOutputTokens,
        int choices,
        Charge atMost,
        PriceVersion priceVersion) {}
