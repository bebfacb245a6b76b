"""Training of the mini model: a small SDXL that means what it draws.

    python -m generation.worker.training all
    python -m generation.worker.training evaluate --sheet sheet.png

trains from random weights, two CPU threads, and exports to `generation/mini`. The parts in order:
`scenes` and `drawing` make pictures, `captions` their texts; `vae`, `base`, `refiner` and `loras`
are trained one after the other by `trainer`, on latents kept by `gallery`; `export` writes the
folder; `evaluation` measures it with `judge`.

How the shipped weights were made
---------------------------------
They were not trained from random weights in one go. They continue an earlier model of the same form
(`--earlier`), whose word list was shorter and whose drawings were plainer. Its base had seen about
6,200 batches of 32. From there, all with the rates and seeds in the modules' plans:

- VAE: 2,800 steps, the plan as it stands.
- Base: steps 1 to 1,000 under a plan of 4,000 steps at rate 1e-3; to 2,000 under one of 2,800
  steps; to 2,200 under one of 3,200 at rate 1.8e-3; to 2,400 under one of 2,600, and stopped there.
  Until step 2,000 no kind of scene was favoured, "and" was said of 30% of pairs and "right of" or
  "below" of 45% of the rest, and the model did not learn which is the left one; with the present
  shares of words, and three eighths of each batch rows, 200 steps were enough. A checkpoint was
  resumed at each change. Last, 250 steps from the averaged weights at rate 4e-4 (seed 22, average
  0.98) with a quarter rows and a quarter mixed colours, as now, for the weights of words.
- Refiner: 300 steps with the base's soft latents mixed into what it was given, which left halos;
  300 as now; and 300 more with the present range of blur. All on the base of step 2,400.
- LoRAs: `inkstyle` by its plan, on the base of step 2,400 and without the layers of the time
  embedding; `wrong` by its plan on the last base, the first 400 steps with 30% clean pictures that
  were soft, the rest with 35% crisp ones, as now.

Random weights need more steps than the plans have: about four times as many for the base.
"""
