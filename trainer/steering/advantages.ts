/**
 * RLOO (2402.14740): what a response earned more than the others to the same prompt did on average,
 * A_i = r_i - mean of the others = G / (G - 1) (r_i - mean). Unlike GRPO's it is not divided by their spread.
 */

/** Of P prompts with G responses each. */
export function advantages(rewards_PG: readonly (readonly number[])[]): number[][] {
  return rewards_PG.map((rewards_G, prompt) => {
    const G = rewards_G.length;
    if (G < 2) {
      throw new Error(`RLOO: expected at least 2 responses to prompt ${prompt}, got ${G}. Generate more.`);
    }
    const total = rewards_G.reduce((sum, reward) => sum + checked(reward, prompt), 0);
    // Equal rewards are no reason to move; rounding must not make one of them.
    if (rewards_G.every((reward) => reward === rewards_G[0])) return rewards_G.map(() => 0);
    return rewards_G.map((reward) => reward - (total - reward) / (G - 1));
  });
}

function checked(reward: number, prompt: number): number {
  if (Number.isFinite(reward)) return reward;
  throw new Error(
    `Reward of a response to prompt ${prompt}: expected a finite number, got ${reward}. Mend the reward; nothing was learned ` +
      'from this step.',
  );
}
