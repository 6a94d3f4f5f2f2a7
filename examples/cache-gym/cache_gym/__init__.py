"""Cache hierarchies as a domain of archgym: `domain = "cache"` in a study.

After `import cache_gym`, gymnasium knows `cache_gym/Cache-v0` and `cache_gym/CacheSequential-v0`.
"""

from archgym.envs.registration import register

register("cache_gym/Cache", domain="cache")
